// SPDX-License-Identifier: MIT
/*
 * delete_mismatch FORM: sized and aligned forms of operator delete with
 * another size or alignment than operator new was given, as when an object
 * is deleted through a pointer to a base without a virtual destructor.
 *
 * case: base
 * case: sized
 * case: sized-array
 * case: sized-aligned
 * case: sized-aligned-array
 * dies: size mismatch on free of @P \(freed as 32 bytes, block of the .*\)
 * case: aligned
 * case: aligned-array
 * case: aligned-nothrow
 * case: aligned-sized
 * dies: alignment mismatch on free of @P \(freed as aligned to 4096\)
 * case: twice
 * dies: double free of @P \(.*
 * case: interior
 * dies: invalid free of @P \(inside a 112-byte block at @B\)
 * case: right
 * lives
 */
#include <new>

#include "crime.h"

// clang declares these only with -fsized-deallocation.
void operator delete(void *, std::size_t) noexcept;
void operator delete[](void *, std::size_t) noexcept;
void operator delete(void *, std::size_t, std::align_val_t) noexcept;
void operator delete[](void *, std::size_t, std::align_val_t) noexcept;

namespace {

struct base {
	char data[32];
};

constexpr std::align_val_t page{4096};

} // namespace

int main(int argc, char **argv)
{
	// 112 bytes: one of two blocks in a row is not aligned to 32
	void *first = HIDE(::operator new(112));
	void *p = HIDE(::operator new(112));

	if ((reinterpret_cast<uintptr_t>(p) & 4095) == 0)
		p = first;
	if (crime_is(argc, argv, "interior"))
		crime_tell(static_cast<char *>(p) + 16, p);
	else
		crime_tell(p, p);

	if (crime_is(argc, argv, "base")) {
		::operator delete(p, sizeof(base));
	} else if (crime_is(argc, argv, "sized")) {
		::operator delete(p, 32);
	} else if (crime_is(argc, argv, "sized-array")) {
		::operator delete[](p, 32);
	} else if (crime_is(argc, argv, "sized-aligned")) {
		::operator delete(p, 32, std::align_val_t{16});
	} else if (crime_is(argc, argv, "sized-aligned-array")) {
		::operator delete[](p, 32, std::align_val_t{16});
	} else if (crime_is(argc, argv, "aligned")) {
		::operator delete(p, page);
	} else if (crime_is(argc, argv, "aligned-array")) {
		::operator delete[](p, page);
	} else if (crime_is(argc, argv, "aligned-nothrow")) {
		::operator delete(p, page, std::nothrow);
	} else if (crime_is(argc, argv, "aligned-sized")) {
		::operator delete(p, 112, page);
	} else if (crime_is(argc, argv, "twice")) {
		void *again = HIDE(p);

		::operator delete(p);
		::operator delete(again);
	} else if (crime_is(argc, argv, "interior")) {
		::operator delete(static_cast<char *>(p) + 16);
	} else {
		::operator delete(p, 112);
		return 0;
	}
	return GOT_AWAY;
}
