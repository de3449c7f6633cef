#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

struct Cell {
  long long row;
  long long column;
  long long value;
};

class Matrix {
 public:
  Matrix(long long rows, long long columns) : rows_{rows}, columns_{columns} {
    for (long long size : {rows, columns}) {
      if (size < 1 || size > 1'000'000'000) throw std::invalid_argument("the size is not possible");
    }
  }

  long long rows() const { return tall().size; }
  long long columns() const { return wide().size; }

  long long get(long long row, long long column) const {
    check(tall(), row);
    check(wide(), column);
    return value_of(key(row, column));
  }

  void set(long long row, long long column, long long value) {
    check(tall(), row);
    check(wide(), column);
    cells_[key(row, column)] = {++now_, value};
  }

  void fill_row(long long row, long long value) { fill(tall(), row, value); }
  void fill_column(long long column, long long value) { fill(wide(), column, value); }
  void swap_rows(long long a, long long b) { swap(tall(), a, b); }
  void swap_columns(long long a, long long b) { swap(wide(), a, b); }
  void transpose() { transposed_ = !transposed_; }

  long long sum() const {
    return total([](long long value) { return value; });
  }

  long long nonzeros() const {
    return total([](long long value) { return value != 0 ? 1LL : 0LL; });
  }

  std::vector<Cell> nonzeros_in(long long top, long long left, long long bottom, long long right) const {
    for (long long row : {top, bottom}) {
      if (row < 0 || row > rows()) throw std::out_of_range("the window leaves the rows");
    }
    for (long long column : {left, right}) {
      if (column < 0 || column > columns()) throw std::out_of_range("the window leaves the columns");
    }
    std::vector<Cell> found;
    for (long long row = top; row < bottom; ++row) {
      for (long long column = left; column < right; ++column) {
        if (long long value = value_of(key(row, column))) found.push_back({row, column, value});
      }
    }
    return found;
  }

 private:
  struct Write {
    long long time = 0;
    long long value = 0;
  };

  // The rows or the columns. Lines have numbers that swaps do not change, and `lines` says which one is at a place.
  struct Lines {
    long long size;
    std::map<long long, long long> lines = {};  // by place; absent: the same number
    std::map<long long, Write> fills = {};      // by line

    long long at(long long place) const {
      auto found = lines.find(place);
      return found == lines.end() ? place : found->second;
    }

    Write fill_of(long long line) const {
      auto found = fills.find(line);
      return found == fills.end() ? Write{} : found->second;
    }
  };

  using Key = std::pair<long long, long long>;  // the lines of rows_ and columns_

  Lines rows_;
  Lines columns_;
  bool transposed_ = false;
  long long now_ = 0;
  std::map<Key, Write> cells_;

  Lines& tall() { return transposed_ ? columns_ : rows_; }
  Lines& wide() { return transposed_ ? rows_ : columns_; }
  const Lines& tall() const { return transposed_ ? columns_ : rows_; }
  const Lines& wide() const { return transposed_ ? rows_ : columns_; }

  static void check(const Lines& lines, long long place) {
    if (place < 0 || place >= lines.size) throw std::out_of_range("there is no such row or column");
  }

  Key key(long long row, long long column) const {
    return transposed_ ? Key(rows_.at(column), columns_.at(row)) : Key(rows_.at(row), columns_.at(column));
  }

  void fill(Lines& lines, long long place, long long value) {
    check(lines, place);
    lines.fills[lines.at(place)] = {++now_, value};
  }

  static void swap(Lines& lines, long long a, long long b) {
    check(lines, a);
    check(lines, b);
    long long first = lines.at(a), second = lines.at(b);
    lines.lines[a] = second;
    lines.lines[b] = first;
  }

  Write fill_at(const Key& key) const {
    Write row = rows_.fill_of(key.first), column = columns_.fill_of(key.second);
    return row.time > column.time ? row : column;
  }

  long long value_of(const Key& key) const {
    Write fill = fill_at(key);
    auto found = cells_.find(key);
    return found != cells_.end() && found->second.time > fill.time ? found->second.value : fill.value;
  }

  // The sum of count(value) over all cells, where count(0) is 0.
  template <typename F>
  long long total(F count) const {
    long long sum = of_fills(rows_, columns_, count) + of_fills(columns_, rows_, count);
    for (const auto& [key, write] : cells_) {
      Write fill = fill_at(key);
      if (write.time > fill.time) sum += count(write.value) - count(fill.value);
    }
    return sum;
  }

  // For what the fills of `lines` have left of themselves after later fills across.
  template <typename F>
  static long long of_fills(const Lines& lines, const Lines& across, F count) {
    std::vector<long long> times;
    for (const auto& [line, fill] : across.fills) times.push_back(fill.time);
    std::sort(times.begin(), times.end());
    long long sum = 0;
    for (const auto& [line, fill] : lines.fills) {
      auto later = times.end() - std::upper_bound(times.begin(), times.end(), fill.time);
      sum += count(fill.value) * (across.size - later);
    }
    return sum;
  }
};
