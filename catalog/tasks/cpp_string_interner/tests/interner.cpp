#include <gtest/gtest.h>

#include <cstdint>

#include "assay/candidate.hpp"

using candidate::call;
using Number = std::optional<size_t>;
using State = std::tuple<size_t, size_t, size_t>;
using Seen = std::pair<std::string, bool>;

struct Interner {
  int number;

  explicit Interner(size_t block_size) : number(call<int>("new", block_size)) {}

  size_t intern(const std::string& text) { return call<size_t>("intern", number, text); }
  Number find(const std::string& text) { return call<Number>("find", number, text); }
  std::string text(size_t at) { return call<std::string>("text", number, at); }
  Seen c_string(size_t at) { return call<Seen>("c string", number, at); }
  Seen old_view(size_t at) { return call<Seen>("old view", number, at); }
  long long distance(size_t from, size_t to) { return call<long long>("distance", number, from, to); }
  // size, used, reserved
  State state() { return call<State>("state", number); }
  void rewind(size_t count) { call("rewind", number, count); }
};

template <typename F>
static std::string kind_of(F action) {
  try {
    action();
  } catch (const candidate::Error& error) {
    return error.kind;
  }
  return "no error";
}

TEST(Interner, NumbersTexts) {
  Interner interner(64);
  EXPECT_EQ(interner.state(), State(0, 0, 0));
  EXPECT_EQ(interner.intern("red"), 0u);
  EXPECT_EQ(interner.intern("blue"), 1u);
  EXPECT_EQ(interner.intern("red"), 0u);
  EXPECT_EQ(interner.intern("Red"), 2u);
  EXPECT_EQ(interner.intern("gr\xc3\xbcn"), 3u);
  EXPECT_EQ(interner.intern("blue"), 1u);
  EXPECT_EQ(interner.text(0), "red");
  EXPECT_EQ(interner.text(1), "blue");
  EXPECT_EQ(interner.text(2), "Red");
  EXPECT_EQ(interner.text(3), "gr\xc3\xbcn");
  EXPECT_EQ(interner.state(), State(4, 19, 64));
}

TEST(Interner, FollowsTheExample) {
  Interner interner(8);
  size_t next = 0;
  for (std::string text : {"tomato", "mato", "tom", "potatoes", "x"}) EXPECT_EQ(interner.intern(text), next++);
  EXPECT_EQ(interner.state(), State(5, 22, 25));
  EXPECT_EQ(interner.text(3), "potatoes");
  interner.rewind(2);
  EXPECT_EQ(interner.state(), State(2, 7, 8));
  EXPECT_EQ(interner.text(1), "mato");
}

TEST(Interner, FindsWithoutAdding) {
  Interner interner(16);
  EXPECT_EQ(interner.find("way"), Number());
  interner.intern("subway");
  EXPECT_EQ(interner.find("subway"), Number(0));
  EXPECT_EQ(interner.find("way"), Number());
  EXPECT_EQ(interner.find(""), Number());
  EXPECT_EQ(interner.find("subway2"), Number());
  EXPECT_EQ(interner.find(std::string("subway\0", 7)), Number());
  EXPECT_EQ(interner.state(), State(1, 7, 16));
  interner.intern("way");
  EXPECT_EQ(interner.find("way"), Number(1));
  EXPECT_EQ(interner.find("subway"), Number(0));
}

TEST(Interner, EndsTextsWithZero) {
  Interner interner(10);
  const std::vector<std::string> texts = {"abc", "de", "bc", "much longer than a block", "f", "block", ""};
  for (const auto& text : texts) interner.intern(text);
  for (size_t at = 0; at < texts.size(); ++at) EXPECT_EQ(interner.c_string(at), Seen(texts[at], true));
}

TEST(Interner, SharesTails) {
  Interner interner(32);
  interner.intern("subway");
  EXPECT_EQ(interner.intern("way"), 1u);
  EXPECT_EQ(interner.intern(""), 2u);
  EXPECT_EQ(interner.intern("y"), 3u);
  EXPECT_EQ(interner.state(), State(4, 7, 32));
  EXPECT_EQ(interner.distance(0, 1), 3);
  EXPECT_EQ(interner.distance(0, 2), 6);
  EXPECT_EQ(interner.distance(0, 3), 5);
  interner.intern("gateway to nowhere");
  interner.intern("nowhere");
  EXPECT_EQ(interner.distance(4, 5), 11);
  EXPECT_EQ(interner.state(), State(6, 26, 32));
  Interner separate(4);
  separate.intern("a long text");
  separate.intern("long text");
  separate.intern("text");
  EXPECT_EQ(separate.distance(0, 1), 2);
  EXPECT_EQ(separate.distance(0, 2), 7);
  EXPECT_EQ(separate.state(), State(3, 12, 12));
}

TEST(Interner, SharesNothingElse) {
  Interner interner(64);
  interner.intern("way");
  interner.intern("subway");
  EXPECT_EQ(interner.state(), State(2, 11, 64));
  EXPECT_EQ(interner.old_view(0), Seen("way", true));
  interner.intern("sub");
  interner.intern("bwa");
  EXPECT_EQ(interner.state(), State(4, 19, 64));
  interner.intern("Way");
  interner.intern("vay");
  EXPECT_EQ(interner.state(), State(6, 27, 64));
  Interner empty(4);
  EXPECT_EQ(empty.intern(""), 0u);
  EXPECT_EQ(empty.state(), State(1, 1, 4));
  EXPECT_EQ(empty.intern(""), 0u);
  EXPECT_EQ(empty.intern("ab"), 1u);
  EXPECT_EQ(empty.distance(0, 1), 1);
  EXPECT_EQ(empty.state(), State(2, 4, 4));
}

TEST(Interner, FillsBlocks) {
  Interner interner(8);
  interner.intern("abc");
  interner.intern("def");
  EXPECT_EQ(interner.state(), State(2, 8, 8));
  EXPECT_EQ(interner.distance(0, 1), 4);
  interner.intern("g");
  EXPECT_EQ(interner.state(), State(3, 10, 16));
  interner.intern("1234567");
  EXPECT_EQ(interner.state(), State(4, 18, 24));
  interner.intern("h");
  EXPECT_EQ(interner.state(), State(5, 20, 32));
  interner.intern("ijkl");
  EXPECT_EQ(interner.distance(4, 5), 2);
  interner.intern("m");
  EXPECT_EQ(interner.state(), State(7, 27, 40));
}

TEST(Interner, GivesLongTextsTheirOwnBlock) {
  Interner interner(6);
  interner.intern("123456");
  EXPECT_EQ(interner.state(), State(1, 7, 7));
  interner.intern("ab");
  interner.intern("a text of twenty....");
  EXPECT_EQ(interner.state(), State(3, 31, 34));
  interner.intern("cd");
  EXPECT_EQ(interner.state(), State(4, 34, 34));
  EXPECT_EQ(interner.distance(1, 3), 3);
  interner.intern("1234567");
  interner.intern("e");
  EXPECT_EQ(interner.state(), State(6, 44, 48));
  EXPECT_EQ(interner.text(2), "a text of twenty....");
  EXPECT_EQ(interner.text(0), "123456");
}

TEST(Interner, NeverMovesBytes) {
  Interner interner(20);
  std::vector<std::string> texts;
  for (int at = 0; at < 200; ++at) {
    texts.push_back("<" + std::to_string(at * 7919 % 1000) + std::string(static_cast<size_t>(at % 23), '=') + "#" +
                    std::to_string(at));
    ASSERT_EQ(interner.intern(texts.back()), static_cast<size_t>(at));
  }
  for (size_t at = 0; at < texts.size(); ++at) {
    ASSERT_EQ(interner.old_view(at), Seen(texts[at], true));
    ASSERT_EQ(interner.find(texts[at]), Number(at));
  }
}

TEST(Interner, Rewinds) {
  Interner interner(8);
  interner.intern("abc");
  interner.intern("xbc");
  interner.intern("longer than 8");
  interner.intern("than 8");
  interner.intern("de");
  EXPECT_EQ(interner.state(), State(5, 25, 30));
  interner.rewind(5);
  EXPECT_EQ(interner.state(), State(5, 25, 30));
  EXPECT_EQ(interner.find("de"), Number(4));
  interner.rewind(3);
  EXPECT_EQ(interner.state(), State(3, 22, 22));
  EXPECT_EQ(interner.find("de"), Number());
  EXPECT_EQ(interner.find("than 8"), Number());
  EXPECT_EQ(kind_of([&] { interner.text(3); }), "out_of_range");
  EXPECT_EQ(interner.find("longer than 8"), Number(2));
  EXPECT_EQ(interner.intern("new"), 3u);
  EXPECT_EQ(interner.text(3), "new");
  EXPECT_EQ(interner.intern("than 8"), 4u);
  EXPECT_EQ(interner.old_view(2), Seen("longer than 8", true));
  interner.rewind(0);
  EXPECT_EQ(interner.state(), State(0, 0, 0));
  EXPECT_EQ(interner.find("abc"), Number());
  EXPECT_EQ(interner.intern("bc"), 0u);
  EXPECT_EQ(interner.state(), State(1, 3, 8));
}

TEST(Interner, ContinuesWhereItWasAfterRewinding) {
  Interner interner(10);
  interner.intern("abc");
  interner.intern("defghi");
  interner.intern("jk");
  EXPECT_EQ(interner.state(), State(3, 14, 20));
  interner.rewind(1);
  EXPECT_EQ(interner.state(), State(1, 4, 10));
  EXPECT_EQ(interner.intern("12345"), 1u);
  EXPECT_EQ(interner.distance(0, 1), 4);
  EXPECT_EQ(interner.state(), State(2, 10, 10));
  EXPECT_EQ(interner.old_view(0), Seen("abc", true));
  interner.rewind(1);
  interner.intern("far too long for it");
  interner.intern("pqrst");
  EXPECT_EQ(interner.distance(0, 2), 4);
  EXPECT_EQ(interner.state(), State(3, 30, 30));
  interner.intern("u");
  interner.rewind(2);
  interner.intern("vw");
  EXPECT_EQ(interner.distance(0, 2), 4);
  EXPECT_EQ(interner.state(), State(3, 27, 30));
  interner.rewind(0);
  interner.intern("too long for a block");
  interner.intern("a");
  EXPECT_EQ(interner.state(), State(2, 23, 31));
}

TEST(Interner, RefusesBadArguments) {
  EXPECT_EQ(kind_of([] { Interner(0); }), "invalid_argument");
  Interner interner(1);
  EXPECT_EQ(kind_of([&] { interner.text(0); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { interner.intern(std::string("a\0b", 3)); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { interner.intern(std::string("\0", 1)); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { interner.intern(std::string("b\0", 2)); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { interner.rewind(1); }), "out_of_range");
  EXPECT_EQ(interner.state(), State(0, 0, 0));
  EXPECT_EQ(interner.intern("ab"), 0u);
  EXPECT_EQ(kind_of([&] { interner.intern(std::string("b\0", 2)); }), "invalid_argument");
  EXPECT_EQ(kind_of([&] { interner.text(1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { interner.rewind(2); }), "out_of_range");
  EXPECT_EQ(interner.state(), State(1, 3, 3));
  EXPECT_EQ(interner.intern(""), 1u);
  EXPECT_EQ(interner.state(), State(2, 3, 3));
}

TEST(Interner, KeepsViewsWhenMoved) {
  Interner interner(10);
  for (std::string text : {"ab", "longer than a block", "cde", "e"}) interner.intern(text);
  call("move", interner.number);
  EXPECT_EQ(interner.old_view(0), Seen("ab", true));
  EXPECT_EQ(interner.old_view(1), Seen("longer than a block", true));
  EXPECT_EQ(interner.old_view(3), Seen("e", true));
  EXPECT_EQ(interner.find("cde"), Number(2));
  interner.intern("fg");
  EXPECT_EQ(interner.distance(2, 4), 4);
  EXPECT_EQ(interner.state(), State(5, 30, 30));

  EXPECT_FALSE(call<bool>("copyable"));

  Interner other(50);
  other.intern("gone");
  call("move by assignment", interner.number, other.number);
  EXPECT_EQ(other.old_view(1), Seen("longer than a block", true));
  EXPECT_EQ(other.old_view(4), Seen("fg", true));
  EXPECT_EQ(other.find("gone"), Number());
  other.rewind(4);
  EXPECT_EQ(other.intern("hij"), 4u);
  EXPECT_EQ(other.state(), State(5, 31, 40));
}

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  size_t below(size_t limit) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<size_t>(state_ >> 8) % limit;
  }

 private:
  uint32_t state_;
};

// The state after interning all of the texts, computed anew from the beginning.
static State counted(const std::vector<std::string>& texts, size_t block_size) {
  size_t used = 0, reserved = 0, left = 0;
  for (size_t at = 0; at < texts.size(); ++at) {
    bool shares = false;
    for (size_t host = 0; host < at; ++host) {
      const std::string& longer = texts[host];
      size_t length = texts[at].size();
      if (longer.size() >= length && longer.compare(longer.size() - length, length, texts[at]) == 0) shares = true;
    }
    if (shares) continue;
    size_t needed = texts[at].size() + 1;
    used += needed;
    if (needed > block_size) {
      reserved += needed;
      continue;
    }
    if (needed > left) {
      reserved += block_size;
      left = block_size;
    }
    left -= needed;
  }
  return State(texts.size(), used, reserved);
}

TEST(Interner, AgreesWithAPlainModel) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    Random random(seed);
    const size_t block_size = 3 + random.below(10);
    Interner interner(block_size);
    std::vector<std::string> texts;
    for (int step = 0; step < 150; ++step) {
      if (random.below(25) == 0) {
        size_t count = random.below(texts.size() + 1);
        interner.rewind(count);
        texts.resize(count);
      } else {
        std::string text;
        for (size_t length = random.below(random.below(6) == 0 ? 15 : 6); length > 0; --length) {
          text += static_cast<char>('a' + random.below(2));
        }
        size_t at = 0;
        while (at < texts.size() && texts[at] != text) ++at;
        Number known = at < texts.size() ? Number(at) : Number();
        ASSERT_EQ(interner.find(text), known) << "seed " << seed << " step " << step;
        ASSERT_EQ(interner.intern(text), at) << "seed " << seed << " step " << step;
        if (at == texts.size()) texts.push_back(text);
      }
      ASSERT_EQ(interner.state(), counted(texts, block_size)) << "seed " << seed << " step " << step;
    }
    for (size_t at = 0; at < texts.size(); ++at) {
      ASSERT_EQ(interner.old_view(at), Seen(texts[at], true));
      ASSERT_EQ(interner.c_string(at), Seen(texts[at], true));
    }
  }
}
