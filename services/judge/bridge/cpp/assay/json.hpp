// JSON values, with numbers kept as they are written, and conversions between them and C++ values.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace assay {

// What is not JSON, or not of the wanted type.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Value {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;  // of a string, or the digits of a number
  std::vector<Value> items;
  std::map<std::string, Value> members;

  // The member of that name, or null.
  const Value& operator[](const std::string& name) const {
    static const Value nothing;
    auto found = members.find(name);
    return found == members.end() ? nothing : found->second;
  }

  std::string dump() const {
    std::string out;
    write(out);
    return out;
  }

 private:
  void write(std::string& out) const {
    switch (kind) {
      case Kind::null: out += "null"; break;
      case Kind::boolean: out += boolean ? "true" : "false"; break;
      case Kind::number: out += text; break;
      case Kind::string: write_text(out, text); break;
      case Kind::array: write_items(out); break;
      case Kind::object: write_members(out); break;
    }
  }

  void write_items(std::string& out) const {
    out += '[';
    for (size_t at = 0; at < items.size(); ++at) {
      if (at) out += ',';
      items[at].write(out);
    }
    out += ']';
  }

  void write_members(std::string& out) const {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : members) {
      if (!first) out += ',';
      first = false;
      write_text(out, name);
      out += ':';
      value.write(out);
    }
    out += '}';
  }

  static void write_text(std::string& out, const std::string& text) {
    out += '"';
    for (unsigned char each : text) {
      if (each == '"' || each == '\\') {
        out += '\\';
        out += static_cast<char>(each);
      } else if (each < 0x20) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", each);
        out += escape;
      } else {
        out += static_cast<char>(each);
      }
    }
    out += '"';
  }
};

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Value parse() {
    Value value = any(0);
    space();
    if (at_ < text_.size()) wrong("nothing more");
    return value;
  }

 private:
  static constexpr int max_depth = 256;
  const std::string& text_;
  size_t at_ = 0;

  Value any(int depth) {
    if (depth > max_depth) throw Malformed("a value is nested too deeply");
    space();
    switch (peek()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string_value();
      case 't': return word("true", Value::Kind::boolean, true);
      case 'f': return word("false", Value::Kind::boolean, false);
      case 'n': return word("null", Value::Kind::null, false);
      default: return number();
    }
  }

  Value object(int depth) {
    Value value;
    value.kind = Value::Kind::object;
    ++at_;
    space();
    while (peek() != '}') {
      if (!value.members.empty()) expect(',');
      space();
      if (peek() != '"') wrong("a key");
      std::string name = string();
      space();
      expect(':');
      value.members[name] = any(depth + 1);
      space();
    }
    ++at_;
    return value;
  }

  Value array(int depth) {
    Value value;
    value.kind = Value::Kind::array;
    ++at_;
    space();
    while (peek() != ']') {
      if (!value.items.empty()) expect(',');
      value.items.push_back(any(depth + 1));
      space();
    }
    ++at_;
    return value;
  }

  Value string_value() {
    Value value;
    value.kind = Value::Kind::string;
    value.text = string();
    return value;
  }

  Value word(const std::string& word, Value::Kind kind, bool boolean) {
    if (text_.compare(at_, word.size(), word) != 0) wrong("a value");
    at_ += word.size();
    Value value;
    value.kind = kind;
    value.boolean = boolean;
    return value;
  }

  Value number() {
    size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') ++at_;
    else digits();
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    Value value;
    value.kind = Value::Kind::number;
    value.text = text_.substr(start, at_ - start);
    return value;
  }

  void digits() {
    size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    if (at_ == start) wrong("a value");
  }

  std::string string() {
    std::string found;
    ++at_;
    while (peek() != '"') {
      unsigned char each = static_cast<unsigned char>(peek());
      if (each < 0x20) wrong("a character of a text");
      ++at_;
      if (each == '\\') escape(found);
      else found += static_cast<char>(each);
    }
    ++at_;
    return found;
  }

  void escape(std::string& found) {
    char kind = peek();
    ++at_;
    switch (kind) {
      case '"': case '\\': case '/': found += kind; break;
      case 'b': found += '\b'; break;
      case 'f': found += '\f'; break;
      case 'n': found += '\n'; break;
      case 'r': found += '\r'; break;
      case 't': found += '\t'; break;
      case 'u': append_utf8(found, code_point()); break;
      default: wrong("an escape");
    }
  }

  // Of a code unit or a pair of them. A surrogate without its pair becomes U+FFFD, because UTF-8 cannot have it.
  uint32_t code_point() {
    uint32_t first = code_unit();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || text_.compare(at_, 2, "\\u") != 0) return 0xfffd;
    size_t before = at_;
    at_ += 2;
    uint32_t second = code_unit();
    if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    at_ = before;
    return 0xfffd;
  }

  uint32_t code_unit() {
    uint32_t code = 0;
    for (int count = 0; count < 4; ++count, ++at_) {
      char each = peek();
      int digit = each >= '0' && each <= '9'   ? each - '0'
                  : each >= 'a' && each <= 'f' ? each - 'a' + 10
                  : each >= 'A' && each <= 'F' ? each - 'A' + 10
                                               : -1;
      if (digit < 0) wrong("four hexadecimal digits");
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    return code;
  }

  static void append_utf8(std::string& found, uint32_t code) {
    auto add = [&](uint32_t byte) { found += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xc0 | code >> 6);
      add(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      add(0xe0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3f));
      add(0x80 | (code & 0x3f));
    } else {
      add(0xf0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3f));
      add(0x80 | (code >> 6 & 0x3f));
      add(0x80 | (code & 0x3f));
    }
  }

  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  // The next byte; 0 at the end, which is valid nowhere.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void expect(char wanted) {
    if (peek() != wanted) wrong(std::string(1, wanted));
    ++at_;
  }

  [[noreturn]] void wrong(const std::string& wanted) const {
    throw Malformed("not JSON at byte " + std::to_string(at_) + ": expected " + wanted);
  }
};

inline Value parse(const std::string& text) { return Parser(text).parse(); }

[[noreturn]] inline void unlike(const Value& value, const std::string& wanted) {
  throw Malformed(value.dump().substr(0, 200) + " is not " + wanted);
}

// Specialize it for your own types.
template <typename T, typename = void>
struct Json;

template <typename T>
Value to_json(const T& value) {
  return Json<T>::to(value);
}

template <typename T>
T from_json(const Value& value) {
  return Json<T>::from(value);
}

template <>
struct Json<Value> {
  static Value to(const Value& value) { return value; }
  static Value from(const Value& value) { return value; }
};

template <>
struct Json<bool> {
  static Value to(bool given) {
    Value value;
    value.kind = Value::Kind::boolean;
    value.boolean = given;
    return value;
  }
  static bool from(const Value& value) {
    if (value.kind != Value::Kind::boolean) unlike(value, "a truth value");
    return value.boolean;
  }
};

template <typename T>
struct Json<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
  static Value to(T given) {
    Value value;
    value.kind = Value::Kind::number;
    value.text = std::to_string(given);
    return value;
  }
  static T from(const Value& value) {
    T found{};
    const char* end = value.text.data() + value.text.size();
    auto [stopped, error] = std::from_chars(value.text.data(), end, found);
    if (value.kind != Value::Kind::number || stopped != end || error != std::errc()) {
      unlike(value, "an integer of " + std::to_string(8 * sizeof(T)) + " bits");
    }
    return found;
  }
};

template <typename T>
struct Json<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  // JSON has no infinity and no NaN: they become null.
  static Value to(T given) {
    Value value;
    if (!std::isfinite(given)) return value;
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.17g", static_cast<double>(given));
    value.kind = Value::Kind::number;
    value.text = digits;
    return value;
  }
  static T from(const Value& value) {
    if (value.kind != Value::Kind::number) unlike(value, "a number");
    return static_cast<T>(std::strtod(value.text.c_str(), nullptr));
  }
};

template <>
struct Json<std::string> {
  static Value to(const std::string& given) {
    Value value;
    value.kind = Value::Kind::string;
    value.text = given;
    return value;
  }
  static std::string from(const Value& value) {
    if (value.kind != Value::Kind::string) unlike(value, "a text");
    return value.text;
  }
};

template <>
struct Json<const char*> {
  static Value to(const char* given) { return to_json(std::string(given)); }
};

template <size_t N>
struct Json<char[N]> {
  static Value to(const char* given) { return to_json(std::string(given)); }
};

template <typename T>
struct Json<std::optional<T>> {
  static Value to(const std::optional<T>& given) { return given ? to_json(*given) : Value(); }
  static std::optional<T> from(const Value& value) {
    if (value.kind == Value::Kind::null) return std::nullopt;
    return from_json<T>(value);
  }
};

template <typename T>
struct Json<std::vector<T>> {
  static Value to(const std::vector<T>& given) {
    Value value;
    value.kind = Value::Kind::array;
    for (const auto& item : given) value.items.push_back(to_json<T>(item));
    return value;
  }
  static std::vector<T> from(const Value& value) {
    if (value.kind != Value::Kind::array) unlike(value, "an array");
    std::vector<T> found;
    for (const auto& item : value.items) found.push_back(from_json<T>(item));
    return found;
  }
};

template <typename T>
struct Json<std::map<std::string, T>> {
  static Value to(const std::map<std::string, T>& given) {
    Value value;
    value.kind = Value::Kind::object;
    for (const auto& [name, item] : given) value.members[name] = to_json(item);
    return value;
  }
  static std::map<std::string, T> from(const Value& value) {
    if (value.kind != Value::Kind::object) unlike(value, "an object");
    std::map<std::string, T> found;
    for (const auto& [name, item] : value.members) found[name] = from_json<T>(item);
    return found;
  }
};

template <typename... T>
struct Json<std::tuple<T...>> {
  static Value to(const std::tuple<T...>& given) {
    Value value;
    value.kind = Value::Kind::array;
    std::apply([&](const auto&... item) { (value.items.push_back(to_json(item)), ...); }, given);
    return value;
  }
  static std::tuple<T...> from(const Value& value) {
    if (value.kind != Value::Kind::array || value.items.size() != sizeof...(T)) {
      unlike(value, "an array of " + std::to_string(sizeof...(T)));
    }
    return from_items(value, std::index_sequence_for<T...>());
  }

 private:
  template <size_t... At>
  static std::tuple<T...> from_items(const Value& value, std::index_sequence<At...>) {
    return {from_json<T>(value.items[At])...};
  }
};

template <typename A, typename B>
struct Json<std::pair<A, B>> {
  static Value to(const std::pair<A, B>& given) { return to_json(std::tuple<A, B>(given)); }
  static std::pair<A, B> from(const Value& value) {
    auto [first, second] = from_json<std::tuple<A, B>>(value);
    return {first, second};
  }
};

}  // namespace assay
