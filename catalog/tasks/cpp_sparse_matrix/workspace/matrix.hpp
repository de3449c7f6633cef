#pragma once

#include <stdexcept>
#include <vector>

struct Cell {
  long long row;
  long long column;
  long long value;
};

class Matrix {
 public:
  Matrix(long long rows, long long columns) { throw std::runtime_error("not implemented"); }

  long long rows() const { throw std::runtime_error("not implemented"); }
  long long columns() const { throw std::runtime_error("not implemented"); }
  long long get(long long row, long long column) const { throw std::runtime_error("not implemented"); }

  void set(long long row, long long column, long long value) { throw std::runtime_error("not implemented"); }
  void fill_row(long long row, long long value) { throw std::runtime_error("not implemented"); }
  void fill_column(long long column, long long value) { throw std::runtime_error("not implemented"); }
  void swap_rows(long long a, long long b) { throw std::runtime_error("not implemented"); }
  void swap_columns(long long a, long long b) { throw std::runtime_error("not implemented"); }
  void transpose() { throw std::runtime_error("not implemented"); }

  long long sum() const { throw std::runtime_error("not implemented"); }
  long long nonzeros() const { throw std::runtime_error("not implemented"); }
  std::vector<Cell> nonzeros_in(long long top, long long left, long long bottom, long long right) const {
    throw std::runtime_error("not implemented");
  }
};
