#include "assay/driver.hpp"
#include "interner.hpp"

struct Bench {
  std::unique_ptr<Interner> interner;
  std::map<size_t, std::string_view> views;  // by number, as they were when the text was interned
};

int main() {
  driver::Objects<Bench> benches;
  driver::Operations operations;
  auto interner = [&](int bench) -> Interner& { return *benches.get(bench).interner; };
  operations.add("new", [&](size_t block_size) {
    auto bench = std::make_unique<Bench>();
    bench->interner = std::make_unique<Interner>(block_size);
    return benches.add(std::move(bench));
  });
  operations.add("intern", [&](int number, const std::string& text) {
    Bench& bench = benches.get(number);
    size_t given = bench.interner->intern(text);
    bench.views[given] = bench.interner->text(given);
    return given;
  });
  operations.add("find", [&](int bench, const std::string& text) { return interner(bench).find(text); });
  operations.add("text", [&](int bench, size_t number) { return std::string(interner(bench).text(number)); });
  // As a C string, and whether that is as long as the view.
  operations.add("c string", [&](int bench, size_t number) {
    std::string_view view = interner(bench).text(number);
    std::string found(view.data());
    return std::make_pair(found, found.size() == view.size());
  });
  operations.add("distance", [&](int bench, size_t from, size_t to) {
    return static_cast<long long>(interner(bench).text(to).data() - interner(bench).text(from).data());
  });
  // Reads through the view that was given when the text was interned.
  operations.add("old view", [&](int number, size_t text) {
    Bench& bench = benches.get(number);
    std::string_view now = bench.interner->text(text), then = bench.views.at(text);
    return std::make_pair(std::string(then), now.data() == then.data());
  });
  operations.add("state", [&](int bench) {
    return std::make_tuple(interner(bench).size(), interner(bench).used(), interner(bench).reserved());
  });
  operations.add("rewind", [&](int bench, size_t count) { interner(bench).rewind(count); });
  operations.add("move", [&](int number) {
    Bench& bench = benches.get(number);
    bench.interner = std::make_unique<Interner>(std::move(*bench.interner));
  });
  operations.add("move by assignment", [&](int from, int to) {
    interner(to) = std::move(interner(from));
    benches.get(to).views = benches.get(from).views;
  });
  operations.add("copyable", [] {
    return std::is_copy_constructible_v<Interner> || std::is_copy_assignable_v<Interner>;
  });
  operations.serve();
}
