/* SPDX-License-Identifier: MIT */
/*
 * tls_module - a library with TLS_SIZE bytes of thread-local storage,
 * compiled by dlopen.test in the sizes and models that it needs.
 */
int tls_touch(int value);

static _Thread_local char storage[TLS_SIZE];
static _Thread_local int last;

int tls_touch(int value)
{
	int before = last;

	storage[value % TLS_SIZE]++;
	last = value;
	return before;
}
