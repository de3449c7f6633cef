#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>

class Interner {
 public:
  explicit Interner(std::size_t block_size) { throw std::runtime_error("not implemented"); }
  Interner(Interner&&) = default;
  Interner& operator=(Interner&&) = default;

  std::size_t intern(std::string_view text) { throw std::runtime_error("not implemented"); }
  std::optional<std::size_t> find(std::string_view text) const { throw std::runtime_error("not implemented"); }
  std::string_view text(std::size_t number) const { throw std::runtime_error("not implemented"); }
  std::size_t size() const { throw std::runtime_error("not implemented"); }

  std::size_t used() const { throw std::runtime_error("not implemented"); }
  std::size_t reserved() const { throw std::runtime_error("not implemented"); }
  void rewind(std::size_t count) { throw std::runtime_error("not implemented"); }
};
