/* SPDX-License-Identifier: MIT */
/*
 * new_without_library SIZE: operator new in a program that has no C++ library
 * to throw an exception for it.  The nothrow form needs none.
 *
 * case: throwing 0x7fffffffffffffff
 * dies: operator new of 9223372036854775807 bytes failed, .*
 * case: throwing 100
 * case: nothrow 0x7fffffffffffffff
 * case: nothrow 100
 * lives
 */
#include "crime.h"

void *_Znwm(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void _ZdlPv(void *p);

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);
	void *p;

	if (crime_is(argc, argv, "nothrow")) {
		errno = 0;
		p = HIDE(_ZnwmRKSt9nothrow_t(size, NULL));
		CHECK((size > MIB) == (p == NULL));
	} else {
		p = HIDE(_Znwm(size));
		CHECK(p != NULL);
	}
	_ZdlPv(p);
	return 0;
}
