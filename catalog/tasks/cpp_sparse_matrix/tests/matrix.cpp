#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "assay/candidate.hpp"

using candidate::call;
using Number = long long;
using Cells = std::vector<std::tuple<Number, Number, Number>>;
using Values = std::vector<std::vector<Number>>;

static const Number kMost = 1'000'000'000;

struct Matrix {
  int it;

  Matrix(Number rows, Number columns) : it(call<int>("new", rows, columns)) {}

  std::pair<Number, Number> size() { return call<std::pair<Number, Number>>("size", it); }
  Number get(Number row, Number column) { return call<Number>("get", it, row, column); }
  void set(Number row, Number column, Number value) { call("set", it, row, column, value); }
  void fill_row(Number row, Number value) { call("fill_row", it, row, value); }
  void fill_column(Number column, Number value) { call("fill_column", it, column, value); }
  void swap_rows(Number a, Number b) { call("swap_rows", it, a, b); }
  void swap_columns(Number a, Number b) { call("swap_columns", it, a, b); }
  void transpose() { call("transpose", it); }
  Number sum() { return call<Number>("sum", it); }
  Number nonzeros() { return call<Number>("nonzeros", it); }
  Cells window(Number top, Number left, Number bottom, Number right) {
    return call<Cells>("window", it, top, left, bottom, right);
  }
  Values values() {
    auto [rows, columns] = size();
    Values found(static_cast<size_t>(rows), std::vector<Number>(static_cast<size_t>(columns)));
    for (const auto& [row, column, value] : window(0, 0, rows, columns)) {
      found.at(static_cast<size_t>(row)).at(static_cast<size_t>(column)) = value;
    }
    return found;
  }
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

TEST(Matrix, KeepsCells) {
  Matrix matrix(3, 4);
  EXPECT_EQ(matrix.size(), std::make_pair(3LL, 4LL));
  EXPECT_EQ(matrix.get(2, 3), 0);
  matrix.set(2, 3, -9'000'000'000'000'000);
  matrix.set(0, 1, 4);
  matrix.set(0, 1, 6);
  EXPECT_EQ(matrix.get(2, 3), -9'000'000'000'000'000);
  EXPECT_EQ(matrix.get(0, 1), 6);
  EXPECT_EQ(matrix.get(1, 0), 0);
}

TEST(Matrix, FollowsTheExample) {
  Matrix matrix(2, 3);
  matrix.fill_row(0, 5);
  matrix.fill_column(1, 2);
  matrix.set(1, 0, 7);
  EXPECT_EQ(matrix.values(), (Values{{5, 2, 5}, {7, 2, 0}}));
  EXPECT_EQ(matrix.sum(), 21);
  EXPECT_EQ(matrix.nonzeros(), 5);
  matrix.transpose();
  matrix.swap_rows(0, 2);
  EXPECT_EQ(matrix.values(), (Values{{5, 0}, {2, 2}, {5, 7}}));
  EXPECT_EQ(matrix.size(), std::make_pair(3LL, 2LL));
  matrix.fill_row(0, 1);
  EXPECT_EQ(matrix.values(), (Values{{1, 1}, {2, 2}, {5, 7}}));
  EXPECT_EQ(matrix.sum(), 18);
}

TEST(Matrix, LetsTheLastWriteWin) {
  Matrix matrix(2, 2);
  matrix.set(0, 0, 1);
  matrix.fill_row(0, 2);
  EXPECT_EQ(matrix.values(), (Values{{2, 2}, {0, 0}}));
  matrix.fill_column(0, 3);
  EXPECT_EQ(matrix.values(), (Values{{3, 2}, {3, 0}}));
  matrix.fill_row(0, 4);
  EXPECT_EQ(matrix.values(), (Values{{4, 4}, {3, 0}}));
  matrix.set(0, 0, 5);
  EXPECT_EQ(matrix.values(), (Values{{5, 4}, {3, 0}}));
  matrix.fill_column(0, 6);
  EXPECT_EQ(matrix.values(), (Values{{6, 4}, {6, 0}}));
}

TEST(Matrix, SwapsWhatWasWritten) {
  Matrix matrix(3, 3);
  matrix.fill_row(0, 1);
  matrix.fill_column(2, 2);
  matrix.set(2, 0, 3);
  matrix.swap_rows(0, 2);
  EXPECT_EQ(matrix.values(), (Values{{3, 0, 2}, {0, 0, 2}, {1, 1, 2}}));
  matrix.swap_columns(2, 1);
  EXPECT_EQ(matrix.values(), (Values{{3, 2, 0}, {0, 2, 0}, {1, 2, 1}}));
  matrix.swap_rows(0, 1);
  matrix.swap_rows(1, 2);
  EXPECT_EQ(matrix.values(), (Values{{0, 2, 0}, {1, 2, 1}, {3, 2, 0}}));
  matrix.fill_row(0, 4);
  matrix.set(1, 1, 5);
  matrix.swap_rows(1, 1);
  matrix.swap_columns(0, 0);
  EXPECT_EQ(matrix.values(), (Values{{4, 4, 4}, {1, 5, 1}, {3, 2, 0}}));
  EXPECT_EQ(matrix.get(1, 1), 5);
  EXPECT_EQ(matrix.sum(), 24);
}

TEST(Matrix, TransposesWhatWasWritten) {
  Matrix matrix(2, 3);
  matrix.fill_row(1, 4);
  matrix.set(0, 2, 7);
  matrix.swap_columns(0, 1);
  matrix.transpose();
  EXPECT_EQ(matrix.size(), std::make_pair(3LL, 2LL));
  EXPECT_EQ(matrix.values(), (Values{{0, 4}, {0, 4}, {7, 4}}));
  matrix.fill_column(0, 2);
  matrix.swap_rows(2, 0);
  matrix.fill_row(2, 1);
  matrix.set(0, 0, 9);
  EXPECT_EQ(matrix.values(), (Values{{9, 4}, {2, 4}, {1, 1}}));
  EXPECT_EQ(matrix.get(0, 0), 9);
  EXPECT_EQ(matrix.get(0, 1), 4);
  matrix.transpose();
  EXPECT_EQ(matrix.values(), (Values{{9, 2, 1}, {4, 4, 1}}));
}

TEST(Matrix, CountsAndSums) {
  Matrix matrix(10, 20);
  matrix.fill_row(3, 2);
  EXPECT_EQ(matrix.sum(), 40);
  EXPECT_EQ(matrix.nonzeros(), 20);
  matrix.fill_column(7, -1);
  EXPECT_EQ(matrix.sum(), 40 - 2 - 10);
  EXPECT_EQ(matrix.nonzeros(), 29);
  matrix.set(3, 7, 50);
  matrix.set(0, 0, 8);
  matrix.set(3, 0, 1);
  EXPECT_EQ(matrix.sum(), 28 + 51 + 8 - 1);
  EXPECT_EQ(matrix.nonzeros(), 30);
  matrix.fill_row(3, 1);
  EXPECT_EQ(matrix.sum(), 20 - 9 + 8);
  matrix.fill_row(0, 3);
  EXPECT_EQ(matrix.sum(), 20 - 8 + 60);
  EXPECT_EQ(matrix.nonzeros(), 48);
}

TEST(Matrix, CountsZerosThatWereWritten) {
  Matrix matrix(4, 5);
  matrix.fill_row(0, 3);
  matrix.fill_column(0, 0);
  EXPECT_EQ(matrix.nonzeros(), 4);
  matrix.set(0, 2, 0);
  matrix.set(3, 3, 0);
  EXPECT_EQ(matrix.nonzeros(), 3);
  EXPECT_EQ(matrix.sum(), 9);
  matrix.fill_row(0, 0);
  EXPECT_EQ(matrix.nonzeros(), 0);
  matrix.set(0, 0, 5);
  matrix.set(1, 0, -5);
  EXPECT_EQ(matrix.nonzeros(), 2);
  EXPECT_EQ(matrix.sum(), 0);
}

TEST(Matrix, ListsWindows) {
  Matrix matrix(6, 6);
  matrix.fill_column(4, 2);
  matrix.set(1, 1, 9);
  matrix.set(3, 0, 8);
  matrix.set(2, 4, 0);
  EXPECT_EQ(matrix.window(1, 0, 4, 5), (Cells{{1, 1, 9}, {1, 4, 2}, {3, 0, 8}, {3, 4, 2}}));
  EXPECT_EQ(matrix.window(1, 1, 2, 2), (Cells{{1, 1, 9}}));
  EXPECT_EQ(matrix.window(0, 4, 6, 4), Cells{});
  EXPECT_EQ(matrix.window(3, 0, 1, 6), Cells{});
  EXPECT_EQ(matrix.window(0, 5, 6, 2), Cells{});
  EXPECT_EQ(matrix.window(6, 6, 6, 6), Cells{});
  EXPECT_EQ(matrix.window(5, 0, 6, 6), (Cells{{5, 4, 2}}));
}

TEST(Matrix, ChecksSizes) {
  for (Number size : {0LL, -1LL, kMost + 1}) {
    EXPECT_EQ(kind_of([&] { Matrix(size, 1); }), "invalid_argument");
    EXPECT_EQ(kind_of([&] { Matrix(1, size); }), "invalid_argument");
  }
  Matrix matrix(kMost, 1);
  EXPECT_EQ(matrix.size(), std::make_pair(kMost, 1LL));
  matrix.set(kMost - 1, 0, 3);
  EXPECT_EQ(matrix.sum(), 3);
}

TEST(Matrix, ChecksRowsAndColumns) {
  Matrix matrix(2, 4);
  for (Number row : {-1, 2}) {
    EXPECT_EQ(kind_of([&] { matrix.get(row, 0); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.set(row, 0, 1); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.fill_row(row, 1); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_rows(row, 0); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_rows(1, row); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_rows(row, row); }), "out_of_range");
  }
  for (Number column : {-1, 4}) {
    EXPECT_EQ(kind_of([&] { matrix.get(0, column); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.set(0, column, 1); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.fill_column(column, 1); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_columns(column, 0); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_columns(3, column); }), "out_of_range");
    EXPECT_EQ(kind_of([&] { matrix.swap_columns(column, column); }), "out_of_range");
  }
  EXPECT_EQ(matrix.sum(), 0);
  matrix.set(1, 3, 6);
  matrix.transpose();
  EXPECT_EQ(matrix.get(3, 1), 6);
  EXPECT_EQ(kind_of([&] { matrix.get(1, 3); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.fill_column(2, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.swap_rows(4, 0); }), "out_of_range");
  matrix.fill_row(2, 1);
  EXPECT_EQ(matrix.sum(), 8);
}

TEST(Matrix, ChecksWindows) {
  Matrix matrix(2, 4);
  matrix.fill_row(1, 1);
  EXPECT_EQ(kind_of([&] { matrix.window(-1, 0, 1, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(0, -1, 1, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(0, 0, 3, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(0, 0, 1, 5); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(3, 0, 3, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(1, 5, 1, 5); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(2, 0, -1, 1); }), "out_of_range");
  EXPECT_EQ(kind_of([&] { matrix.window(0, 2, 2, -1); }), "out_of_range");
  EXPECT_EQ(matrix.window(0, 0, 2, 4).size(), 4u);
}

TEST(Matrix, WorksWhenHuge) {
  Matrix matrix(kMost, kMost);
  matrix.set(5, kMost - 1, 11);
  matrix.fill_row(kMost - 1, 3);
  matrix.fill_column(0, -2);
  EXPECT_EQ(matrix.sum(), 3 * (kMost - 1) - 2 * kMost + 11);
  EXPECT_EQ(matrix.nonzeros(), 2 * kMost);
  matrix.swap_rows(5, kMost - 1);
  matrix.swap_columns(0, 7);
  matrix.transpose();
  EXPECT_EQ(matrix.get(kMost - 1, kMost - 1), 11);
  EXPECT_EQ(matrix.get(7, 5), -2);
  EXPECT_EQ(matrix.get(8, 5), 3);
  EXPECT_EQ(matrix.get(0, 4), 0);
  for (Number column = 0; column < 300; ++column) matrix.fill_column(column * 1000, 1);
  EXPECT_EQ(matrix.nonzeros(), 302 * kMost - 301 + 1);
  matrix.fill_row(7, 0);
  EXPECT_EQ(matrix.nonzeros(), 301 * kMost - 301 + 1);
}

TEST(Matrix, DoesNotShareCells) {
  Matrix one(2, 2), other(2, 2);
  one.set(0, 0, 1);
  one.fill_row(1, 2);
  other.swap_rows(0, 1);
  other.transpose();
  EXPECT_EQ(one.values(), (Values{{1, 0}, {2, 2}}));
  EXPECT_EQ(other.values(), (Values{{0, 0}, {0, 0}}));
  EXPECT_EQ(one.sum(), 5);
  EXPECT_EQ(other.sum(), 0);
}

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  Number below(Number limit) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<Number>((state_ >> 8) % static_cast<uint32_t>(limit));
  }

 private:
  uint32_t state_;
};

TEST(Matrix, AgreesWithAPlainModel) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    Number height = 3 + random.below(5), width = 3 + random.below(5);
    Matrix matrix(height, width);
    Values cells(static_cast<size_t>(height), std::vector<Number>(static_cast<size_t>(width)));
    auto row = [&] { return random.below(static_cast<Number>(cells.size())); };
    auto column = [&] { return random.below(static_cast<Number>(cells[0].size())); };
    for (int step = 0; step < 120; ++step) {
      Number value = random.below(7) - 2;
      Number r = row(), c = column(), other_row = row(), other_column = column();
      switch (random.below(9)) {
        case 0:
          matrix.transpose();
          {
            Values turned(cells[0].size(), std::vector<Number>(cells.size()));
            for (size_t i = 0; i < cells.size(); ++i) {
              for (size_t j = 0; j < cells[0].size(); ++j) turned[j][i] = cells[i][j];
            }
            cells = turned;
          }
          break;
        case 1:
        case 2:
          matrix.fill_row(r, value);
          for (Number& cell : cells[static_cast<size_t>(r)]) cell = value;
          break;
        case 3:
        case 4:
          matrix.fill_column(c, value);
          for (auto& line : cells) line[static_cast<size_t>(c)] = value;
          break;
        case 5:
          matrix.swap_rows(r, other_row);
          std::swap(cells[static_cast<size_t>(r)], cells[static_cast<size_t>(other_row)]);
          break;
        case 6:
          matrix.swap_columns(c, other_column);
          for (auto& line : cells) std::swap(line[static_cast<size_t>(c)], line[static_cast<size_t>(other_column)]);
          break;
        default:
          matrix.set(r, c, value);
          cells[static_cast<size_t>(r)][static_cast<size_t>(c)] = value;
      }
      Number sum = 0, nonzeros = 0;
      for (const auto& line : cells) {
        for (Number cell : line) sum += cell, nonzeros += cell != 0;
      }
      ASSERT_EQ(matrix.values(), cells) << "seed " << seed << " step " << step;
      ASSERT_EQ(matrix.sum(), sum) << "seed " << seed << " step " << step;
      ASSERT_EQ(matrix.nonzeros(), nonzeros) << "seed " << seed << " step " << step;
    }
  }
}
