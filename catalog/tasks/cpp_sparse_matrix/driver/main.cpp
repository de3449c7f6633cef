#include "assay/driver.hpp"
#include "matrix.hpp"

int main() {
  using Number = long long;
  driver::Objects<Matrix> all;
  driver::Operations operations;
  operations.add("new", [&](Number rows, Number columns) { return all.add(std::make_unique<Matrix>(rows, columns)); });
  operations.add("size", [&](int it) { return std::make_pair(all.get(it).rows(), all.get(it).columns()); });
  operations.add("get", [&](int it, Number row, Number column) { return all.get(it).get(row, column); });
  operations.add("set", [&](int it, Number row, Number column, Number value) { all.get(it).set(row, column, value); });
  operations.add("fill_row", [&](int it, Number row, Number value) { all.get(it).fill_row(row, value); });
  operations.add("fill_column", [&](int it, Number column, Number value) { all.get(it).fill_column(column, value); });
  operations.add("swap_rows", [&](int it, Number a, Number b) { all.get(it).swap_rows(a, b); });
  operations.add("swap_columns", [&](int it, Number a, Number b) { all.get(it).swap_columns(a, b); });
  operations.add("transpose", [&](int it) { all.get(it).transpose(); });
  operations.add("sum", [&](int it) { return all.get(it).sum(); });
  operations.add("nonzeros", [&](int it) { return all.get(it).nonzeros(); });
  operations.add("window", [&](int it, Number top, Number left, Number bottom, Number right) {
    std::vector<std::tuple<Number, Number, Number>> found;
    for (const Cell& cell : all.get(it).nonzeros_in(top, left, bottom, right)) {
      found.emplace_back(cell.row, cell.column, cell.value);
    }
    return found;
  });
  operations.serve();
}
