// SPDX-License-Identifier: MIT
//
// C++ objects with thread_local storage, whose destructors allocate and
// free, in threads that come and go; blocks that one thread's object leaves
// to another's.  The process must not grow.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

#include "lib/blocks.h"

namespace {

std::atomic<std::string *> left_behind[16];
std::atomic<unsigned> destroyed;

struct diary {
	std::map<int, std::string> lines;
	std::vector<std::unique_ptr<char[]>> pages;

	void write(int i)
	{
		lines[i % 50] = std::string(static_cast<std::size_t>(i) % 300,
			'd');
		pages.emplace_back(new char[static_cast<std::size_t>(i) * 11 +
			1]);
	}

	~diary()
	{
		std::string last;

		for (const auto &line : lines)
			last += line.second;
		pages.clear();
		delete left_behind[last.size() % 16].exchange(
			new std::string(last));
		destroyed++;
	}
};

thread_local diary mine;

void life()
{
	for (int i = 0; i < 60; i++)
		mine.write(i * 13);
}

void generations(unsigned threads)
{
	for (unsigned i = 0; i < threads; i += 4) {
		std::vector<std::thread> now;

		for (int k = 0; k < 4; k++)
			now.emplace_back(life);
		for (auto &thread : now)
			thread.join();
	}
}

} // namespace

int main(int argc, char **argv)
{
	unsigned threads = static_cast<unsigned>(
		check_argument(argc, argv, 1, 6000));

	generations(400);
	// what is kept for reuse comes and goes; this is about the rest
	malloc_trim(0);
	std::size_t before = resident_bytes();
	generations(threads);
	malloc_trim(0);
	std::size_t after = resident_bytes();
	CHECK_AT(after <= before + MIB, after - before);
	CHECK_EQ(destroyed, 400 + (threads + 3) / 4 * 4);
	for (auto &slot : left_behind)
		delete slot.exchange(nullptr);
	return 0;
}
