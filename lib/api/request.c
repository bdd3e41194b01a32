/* SPDX-License-Identifier: MIT */
/*
 * request.c - see request.h.
 */
#include "api/request.h"

#include "api/alloc.h"
#include "heap/process.h"
#include "os/lock.h"
#include "policy/option.h"

struct hk_page_request hk_request HK_ALIGNED(HK_CACHE_LINE) = {
	.size = sizeof(struct hk_page_request),
};

/* Text that others may be writing: ended here, whatever they do. */
static void copy_text(char text[HK_PAGE_REQUEST_TEXT])
{
	for (size_t i = 0; i < HK_PAGE_REQUEST_TEXT - 1; i++)
		text[i] = __atomic_load_n(&hk_request.text[i],
					  __ATOMIC_RELAXED);
	text[HK_PAGE_REQUEST_TEXT - 1] = '\0';
}

static int set_option(const char *text)
{
	const char *equals = strchr(text, '=');
	struct hk_span name = { text, 0 };
	int id;

	if (!equals)
		return -EINVAL;
	name.len = (size_t)(equals - text);
	id = hk_option_find(name);
	if (id < 0)
		return id;
	return hk_process_set((enum hk_option_id)id, hk_span_of(equals + 1));
}

static int serve(uint32_t what)
{
	char text[HK_PAGE_REQUEST_TEXT];

	switch (what) {
	case HK_PAGE_SET:
		copy_text(text);
		return set_option(text);
	case HK_PAGE_TRIM:
		hk_trim(0);
		return 0;
	default:
		return -ENOSYS;
	}
}

/*
 * Acquire: what was written before `asked` is there.  The exchange makes one
 * thread of those that see a request the one that does it.  Release: who
 * sees it done, sees the result, and what was done.
 */
void hk_request_serve(void)
{
	/* In this order: what the CAS replaces is no newer than `asked`. */
	uint64_t taken = __atomic_load_n(&hk_request.taken, __ATOMIC_ACQUIRE);
	uint64_t asked = __atomic_load_n(&hk_request.asked, __ATOMIC_ACQUIRE);
	int saved = errno;

	if (hk_lock_exempt() || asked == taken ||
	    !__atomic_compare_exchange_n(&hk_request.taken, &taken, asked,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&hk_request.result,
			 serve(__atomic_load_n(&hk_request.what,
					       __ATOMIC_RELAXED)),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&hk_request.done, asked, __ATOMIC_RELEASE);
	errno = saved;
}

/* Relaxed: a child has one thread. */
void hk_request_forked(void)
{
	uint64_t asked = __atomic_load_n(&hk_request.asked, __ATOMIC_RELAXED);

	__atomic_store_n(&hk_request.taken, asked, __ATOMIC_RELAXED);
	__atomic_store_n(&hk_request.done, asked, __ATOMIC_RELAXED);
}
