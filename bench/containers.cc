/* SPDX-License-Identifier: MIT */
/*
 * containers - the containers of C++, as programs use them.
 *
 * An index of strings in a std::unordered_map (nodes, and tables that are
 * doubled), an order book in a std::map (nodes of a tree, erased and
 * inserted at random), rows in std::vectors that grow by push_back, a
 * std::deque that is a queue, short and long std::strings everywhere.  The
 * requests go through operator new, and what is freed is often what was
 * made long before.
 *
 * Each container is compared with a sum that is kept beside it.
 */
#include "bench.h"

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t words = 20000;	/* different keys of the index */
constexpr std::size_t orders = 5000;	/* in the book, about */
constexpr std::size_t rows = 400;
constexpr std::size_t row_length = 600;	/* at which a row starts again */
constexpr std::size_t queue_length = 3000;

/* A key, up to 15 letters (in the string itself) or longer (in a block). */
std::string word_of(std::size_t n)
{
	std::string text = "w" + std::to_string(n);

	if (n % 3 == 0)
		text += std::string(8 + n % 56, static_cast<char>('a' + n % 26));
	return text;
}

/* Keys and how often each was seen. */
class index_of_words {
	std::unordered_map<std::string, std::uint64_t> seen;
	std::uint64_t total = 0;

public:
	void step(rng &random)
	{
		std::size_t n = rng_below(&random, words);
		std::string word = word_of(n);

		if (n % 5 == 0) {
			auto found = seen.find(word);

			if (found != seen.end()) {
				total -= found->second;
				seen.erase(found);
			}
		}
		seen[word]++;
		total++;
	}

	void check() const
	{
		std::uint64_t sum = 0;

		for (const auto &pair : seen)
			sum += pair.second;
		if (sum != total)
			die("the index has %" PRIu64 ", not %" PRIu64, sum,
			    total);
	}
};

/* Prices with the orders of each, in a tree. */
class book {
	std::map<std::uint64_t, std::vector<std::uint32_t>> price;
	std::uint64_t total = 0;

public:
	void step(rng &random)
	{
		std::uint64_t key = rng_below(&random, orders);
		auto &here = price[key];

		total++;
		here.push_back(static_cast<std::uint32_t>(key));
		if (here.size() > 4) {
			total -= here.size();
			price.erase(key);
		}
	}

	void check() const
	{
		std::uint64_t sum = 0;

		for (const auto &pair : price)
			for (std::uint32_t order : pair.second)
				sum += order == pair.first;
		if (sum != total)
			die("the book has %" PRIu64 ", not %" PRIu64, sum,
			    total);
	}
};

/* Rows of strings that grow at their ends and start again. */
class sheet {
	std::vector<std::vector<std::string>> row{rows};

public:
	void step(rng &random)
	{
		std::size_t n = rng_below(&random, rows);
		auto &here = row[n];

		if (here.size() == row_length)
			std::vector<std::string>().swap(here);
		here.push_back(word_of(n * row_length + here.size()));
	}

	void check() const
	{
		for (std::size_t n = 0; n < rows; n++)
			for (std::size_t i = 0; i < row[n].size(); i++)
				if (row[n][i] != word_of(n * row_length + i))
					die("row %zu: element %zu", n, i);
	}
};

/* Messages that wait for their turn. */
class mailbox {
	std::deque<std::string> queue;
	std::size_t first = 0;
	std::size_t next = 0;

public:
	void step(rng &random)
	{
		std::size_t some = rng_below(&random, 16);

		for (std::size_t i = 0; i < some; i++)
			queue.push_back(word_of(next++));
		while (queue.size() > queue_length) {
			if (queue.front() != word_of(first++))
				die("message %zu is another one", first - 1);
			queue.pop_front();
		}
	}
};

} /* namespace */

int main(int argc, char **argv)
{
	arg_help(argc, argv, "[STEPS [SEED]]\n"
		 "  STEPS  of each container (150000)\n"
		 "  SEED   of the random numbers (1)");
	std::uint64_t steps = arg_number(argc, argv, 1, "STEPS", 150000, 1,
					 UINT64_MAX);
	std::uint64_t seed = arg_number(argc, argv, 2, "SEED", 1, 0,
					UINT64_MAX);
	rng random = rng_new(seed, 0);
	double start = now();
	{
		index_of_words index;
		book trades;
		sheet table;
		mailbox mail;

		for (std::uint64_t i = 0; i < steps; i++) {
			index.step(random);
			trades.step(random);
			table.step(random);
			if (i % 8 == 0)
				mail.step(random);
		}
		index.check();
		trades.check();
		table.check();
	}
	report_ops("containers", 4 * steps, now() - start);
	return 0;
}
