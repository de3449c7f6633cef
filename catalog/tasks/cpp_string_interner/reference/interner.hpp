#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <vector>

class Interner {
 public:
  explicit Interner(std::size_t block_size) : block_size_(block_size) {
    if (block_size == 0) throw std::invalid_argument("blocks cannot be empty");
  }
  Interner(Interner&&) = default;
  Interner& operator=(Interner&&) = default;

  std::size_t intern(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) throw std::invalid_argument("the text contains the byte 0");
    if (auto known = find(text)) return *known;
    Entry entry{{}, state_};
    const char* shared = find_tail(text);
    entry.text = {shared != nullptr ? shared : store(text), text.size()};
    entries_.push_back(entry);
    numbers_.emplace(entry.text, entries_.size() - 1);
    return entries_.size() - 1;
  }

  std::optional<std::size_t> find(std::string_view text) const {
    auto found = numbers_.find(text);
    if (found == numbers_.end()) return std::nullopt;
    return found->second;
  }

  std::string_view text(std::size_t number) const { return entries_.at(number).text; }
  std::size_t size() const { return entries_.size(); }
  std::size_t used() const { return state_.used; }
  std::size_t reserved() const { return state_.reserved; }

  void rewind(std::size_t count) {
    if (count > size()) throw std::out_of_range("so many texts have not been interned");
    if (count == size()) return;
    for (std::size_t number = count; number < size(); ++number) numbers_.erase(entries_[number].text);
    state_ = entries_[count].before;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(count), entries_.end());
    blocks_.resize(state_.blocks);
  }

 private:
  struct State {
    std::size_t blocks = 0;
    std::size_t used = 0;
    std::size_t reserved = 0;
    char* next = nullptr;  // in the current block
    std::size_t left = 0;  // in the current block
  };

  struct Entry {
    std::string_view text;
    State before;
  };

  std::size_t block_size_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  State state_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> numbers_;

  const char* find_tail(std::string_view text) const {
    for (const Entry& entry : entries_) {
      if (entry.text.size() < text.size()) continue;
      std::string_view tail = entry.text.substr(entry.text.size() - text.size());
      if (tail == text) return tail.data();
    }
    return nullptr;
  }

  const char* store(std::string_view text) {
    std::size_t needed = text.size() + 1;
    char* place;
    if (needed > block_size_) {
      place = add_block(needed);
    } else {
      if (needed > state_.left) {
        state_.next = add_block(block_size_);
        state_.left = block_size_;
      }
      place = state_.next;
      state_.next += needed;
      state_.left -= needed;
    }
    state_.used += needed;
    text.copy(place, text.size());
    place[text.size()] = '\0';
    return place;
  }

  char* add_block(std::size_t size) {
    blocks_.push_back(std::make_unique<char[]>(size));
    state_.blocks = blocks_.size();
    state_.reserved += size;
    return blocks_.back().get();
  }
};
