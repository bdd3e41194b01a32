// SPDX-License-Identifier: MIT
//
// operator new and delete in all forms, each block freed by each form that
// may free it; what happens when there is no memory: the new-handler, the
// exception, the null pointer; and the containers and threads on top of it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <dlfcn.h>
#include <malloc.h>

#include "hakmem.h"
#include "lib/blocks.h"

// clang declares these only with -fsized-deallocation.
void operator delete(void *, std::size_t) noexcept;
void operator delete[](void *, std::size_t) noexcept;
void operator delete(void *, std::size_t, std::align_val_t) noexcept;
void operator delete[](void *, std::size_t, std::align_val_t) noexcept;

namespace {

constexpr std::align_val_t aligned{64};
constexpr std::size_t sizes[] = {0, 1, 8, 16, 40, 100, 1000, 1024, 5000,
	8192, 20000, 32768, 50000, 1000000, 80000000};

// The forms without and with an alignment: four that give, three that take
// (and the two nothrow ones that only a failing constructor calls).

using give = void *(*)(std::size_t);
using take = void (*)(void *, std::size_t);

const give plain_gives[] = {
	[](std::size_t n) { return ::operator new(n); },
	[](std::size_t n) { return ::operator new[](n); },
	[](std::size_t n) { return ::operator new(n, std::nothrow); },
	[](std::size_t n) { return ::operator new[](n, std::nothrow); },
};

const take plain_takes[] = {
	[](void *p, std::size_t) { ::operator delete(p); },
	[](void *p, std::size_t) { ::operator delete[](p); },
	[](void *p, std::size_t n) { ::operator delete(p, n); },
	[](void *p, std::size_t n) { ::operator delete[](p, n); },
	[](void *p, std::size_t) { ::operator delete(p, std::nothrow); },
	[](void *p, std::size_t) { ::operator delete[](p, std::nothrow); },
	[](void *p, std::size_t) { std::free(p); },
	[](void *p, std::size_t) { hakmem_free(p); },
};

const give aligned_gives[] = {
	[](std::size_t n) { return ::operator new(n, aligned); },
	[](std::size_t n) { return ::operator new[](n, aligned); },
	[](std::size_t n) { return ::operator new(n, aligned, std::nothrow); },
	[](std::size_t n) {
		return ::operator new[](n, aligned, std::nothrow);
	},
};

const take aligned_takes[] = {
	[](void *p, std::size_t) { ::operator delete(p, aligned); },
	[](void *p, std::size_t) { ::operator delete[](p, aligned); },
	[](void *p, std::size_t n) { ::operator delete(p, n, aligned); },
	[](void *p, std::size_t n) { ::operator delete[](p, n, aligned); },
	[](void *p, std::size_t) {
		::operator delete(p, aligned, std::nothrow);
	},
	[](void *p, std::size_t) {
		::operator delete[](p, aligned, std::nothrow);
	},
	[](void *p, std::size_t) { std::free(p); },
};

template <std::size_t N, std::size_t M>
void cross(const give (&gives)[N], const take (&takes)[M],
	std::size_t alignment)
{
	for (std::size_t n : sizes)
		for (give g : gives)
			for (take t : takes) {
				void *p = nullptr;

				CHECK_ERRNO_KEPT(p = HIDE(g(n)));
				CHECK_AT(p && is_aligned(p, alignment), n);
				CHECK_AT(malloc_usable_size(p) >= n, n);
				std::size_t m = n < 3000 ? n : 3000;
				pattern_fill(p, 0, m, n);
				CHECK_PATTERN(p, 0, m, n);
				CHECK_ERRNO_KEPT(t(p, n));
			}
	for (take t : takes)
		CHECK_ERRNO_KEPT(t(nullptr, 0));
}

void all_alignments()
{
	constexpr std::size_t some[] = {1, 24, 100, 3000, 9000, 70000};

	for (std::size_t a = 1; a <= 65536; a *= 2)
		for (std::size_t n : some) {
			void *p = HIDE(::operator new(n, std::align_val_t{a}));

			CHECK_AT(is_aligned(p, a), a);
			pattern_fill(p, 0, n, a);
			CHECK_PATTERN(p, 0, n, a);
			::operator delete(p, n, std::align_val_t{a});
		}
}

// No memory.

volatile std::size_t too_much = static_cast<std::size_t>(PTRDIFF_MAX);
int handler_calls;

bool throws_bad_alloc(const std::function<void *()> &call)
{
	try {
		HIDE(call());
	} catch (const std::bad_alloc &e) {
		return e.what() != nullptr;
	}
	return false;
}

void all_fail()
{
	std::size_t n = too_much;

	CHECK(throws_bad_alloc([n] { return ::operator new(n); }));
	CHECK(throws_bad_alloc([n] { return ::operator new[](n); }));
	CHECK(throws_bad_alloc([n] { return ::operator new(n, aligned); }));
	CHECK(throws_bad_alloc([n] { return ::operator new[](n, aligned); }));
	CHECK(throws_bad_alloc([n] { return ::operator new(n + 1); }));
	CHECK(throws_bad_alloc([] { return ::operator new(SIZE_MAX); }));
	CHECK(!HIDE(::operator new(n, std::nothrow)));
	CHECK(!HIDE(::operator new[](n, std::nothrow)));
	CHECK(!HIDE(::operator new(n, aligned, std::nothrow)));
	CHECK(!HIDE(::operator new[](n, aligned, std::nothrow)));
	CHECK(!HIDE(::operator new(SIZE_MAX, std::nothrow)));
}

// A handler that gives up in the third call, one that throws, and one that
// makes room.

void gives_up()
{
	if (++handler_calls % 3 == 0)
		std::set_new_handler(nullptr);
}

struct out_of_patience : std::bad_alloc {
};

void throws()
{
	handler_calls++;
	throw out_of_patience();
}

void handlers()
{
	std::size_t n = too_much;

	handler_calls = 0;
	std::set_new_handler(gives_up);
	CHECK(throws_bad_alloc([n] { return ::operator new(n); }));
	CHECK_EQ(handler_calls, 3);
	std::set_new_handler(gives_up);
	CHECK(!HIDE(::operator new(n, std::nothrow)));
	CHECK_EQ(handler_calls, 6);
	std::set_new_handler(gives_up);
	CHECK(throws_bad_alloc([n] { return ::operator new[](n, aligned); }));
	CHECK_EQ(handler_calls, 9);
	std::set_new_handler(gives_up);
	CHECK(!HIDE(::operator new[](n, aligned, std::nothrow)));
	CHECK_EQ(handler_calls, 12);

	std::set_new_handler(throws);
	for (int i = 0; i < 2; i++) {
		bool caught = false;

		try {
			HIDE(i ? ::operator new(n, aligned)
			       : ::operator new(n));
		} catch (const out_of_patience &) {
			caught = true;
		}
		CHECK(caught);
	}
	// a nothrow form swallows what the handler throws
	CHECK(!HIDE(::operator new(n, std::nothrow)));
	CHECK(!HIDE(::operator new[](n, std::nothrow)));
	CHECK(!HIDE(::operator new(n, aligned, std::nothrow)));
	CHECK_EQ(handler_calls, 17);
	std::set_new_handler(nullptr);
}

// A constructor that throws: the block goes through the matching delete.

struct thrower {
	char data[100];
	explicit thrower(bool now)
	{
		if (now)
			throw std::runtime_error("not built");
		data[0] = 1;
	}
};

struct alignas(128) aligned_thrower : thrower {
	using thrower::thrower;
};

template <class T> void constructor_throws()
{
	for (int i = 0; i < 1000; i++) {
		bool caught = false;

		try {
			T *p = i % 2 ? new T(true)
				     : new (std::nothrow) T(true);
			delete p;
		} catch (const std::runtime_error &) {
			caught = true;
		}
		CHECK(caught);
		T *p = new T(false);
		CHECK(is_aligned(p, alignof(T)));
		delete p;
	}
}

// Programs.

struct base {
	virtual ~base() = default;
	virtual std::size_t bytes() const = 0;
};

template <std::size_t N> struct derived : base {
	char data[N] = {};
	std::size_t bytes() const override { return N; }
};

void containers()
{
	std::map<std::string, std::vector<int>> by_name;
	std::unordered_map<int, std::string> by_number;
	std::deque<std::unique_ptr<base>> objects;
	std::list<std::shared_ptr<std::string>> list;
	std::set<std::string> names;
	std::ostringstream text;

	for (int i = 0; i < 20000; i++) {
		std::string name = "a name that is not so short " +
			std::to_string(i * 7919 % 1000);

		by_name[name].push_back(i);
		by_number[i % 5000] = name;
		names.insert(name.substr(2));
		if (i % 3 == 0)
			objects.push_back(std::make_unique<derived<24>>());
		else if (i % 3 == 1)
			objects.push_front(std::make_unique<derived<3000>>());
		else
			objects.pop_front();
		list.push_back(std::make_shared<std::string>(name));
		if (list.size() > 100)
			list.pop_front();
		text << name << '\n';
	}
	CHECK_EQ(by_name.size(), 1000);
	CHECK_EQ(by_number.size(), 5000);
	CHECK_EQ(names.size(), 1000);
	CHECK_EQ(list.size(), 100);
	std::size_t sum = 0;
	for (const auto &entry : by_name)
		for (int i : entry.second)
			sum += static_cast<std::size_t>(i);
	CHECK_EQ(sum, 199990000);
	CHECK_EQ(std::count_if(objects.begin(), objects.end(),
			 [](const auto &o) { return o->bytes() == 24; }),
		6667);
	std::vector<std::string> sorted(names.begin(), names.end());
	std::sort(sorted.rbegin(), sorted.rend());
	CHECK(sorted.front() > sorted.back());
}

void depth(int n)
{
	std::string local(static_cast<std::size_t>(n) * 10 + 1, 'x');

	if (n == 0)
		throw std::runtime_error(local + "the bottom");
	try {
		depth(n - 1);
	} catch (const std::exception &e) {
		throw std::runtime_error(std::string(e.what()) + local);
	}
}

void exceptions_in_threads()
{
	std::vector<std::thread> threads;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([] {
			for (int k = 0; k < 200; k++) {
				bool caught = false;

				try {
					depth(20);
				} catch (const std::runtime_error &e) {
					caught = std::string(e.what()).find(
						"the bottom") == 1;
				}
				CHECK(caught);
				std::vector<std::string> local;
				for (int j = 0; j < 50; j++)
					local.emplace_back(
						std::string(64, 'y'));
				CHECK_EQ(local.back().size(), 64);
			}
		});
	for (auto &thread : threads)
		thread.join();
}

} // namespace

int main()
{
	Dl_info info;

	// the operators are the library's, where there is one to look in
	if (dladdr(reinterpret_cast<void *>(
			   static_cast<void *(*)(std::size_t)>(&::operator new)),
		    &info))
		CHECK(!strstr(info.dli_fname, "libstdc++"));
	cross(plain_gives, plain_takes, 16);
	cross(aligned_gives, aligned_takes, 64);
	all_alignments();
	// Valgrind has operators of its own, and words to say of such sizes
	if (!check_valgrind()) {
		all_fail();
		handlers();
		all_fail();
	}
	constructor_throws<thrower>();
	constructor_throws<aligned_thrower>();
	containers();
	exceptions_in_threads();
	return 0;
}
