#include "assay/driver.hpp"
#include "tape.hpp"

using Plain = std::vector<std::tuple<long long, long long, std::string>>;

static Plain plain(const std::vector<Run>& runs) {
  Plain found;
  for (const Run& run : runs) found.emplace_back(run.lo, run.hi, run.label);
  return found;
}

int main() {
  using Number = long long;
  using Text = const std::string&;
  driver::Objects<Tape> tapes;
  driver::Operations operations;
  operations.add("new", [&](int depth) { return tapes.add(std::make_unique<Tape>(depth)); });
  operations.add("runs", [&](int tape) { return plain(tapes.get(tape).runs()); });
  operations.add("part", [&](int tape, Number lo, Number hi) { return plain(tapes.get(tape).runs(lo, hi)); });
  operations.add("label", [&](int tape, Number position) { return tapes.get(tape).label(position); });
  operations.add("paint", [&](int tape, Number lo, Number hi, Text label) {
    return tapes.get(tape).paint(lo, hi, label);
  });
  operations.add("fill", [&](int tape, Number lo, Number hi, Text label) {
    return tapes.get(tape).fill(lo, hi, label);
  });
  operations.add("erase", [&](int tape, Number lo, Number hi) { return tapes.get(tape).erase(lo, hi); });
  operations.add("insert", [&](int tape, Number at, Number count) { return tapes.get(tape).insert(at, count); });
  operations.add("cut", [&](int tape, Number lo, Number hi) { return tapes.get(tape).cut(lo, hi); });
  operations.add("move", [&](int tape, Number lo, Number hi, Number to) { return tapes.get(tape).move(lo, hi, to); });
  operations.add("undo", [&](int tape) { return tapes.get(tape).undo(); });
  operations.add("redo", [&](int tape) { return tapes.get(tape).redo(); });
  operations.serve();
}
