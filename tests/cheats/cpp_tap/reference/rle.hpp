#pragma once
#include <cctype>
#include <stdexcept>
#include <string>

inline std::string encode(const std::string& text) {
  std::string found;
  for (size_t at = 0, end = 0; at < text.size(); at = end) {
    end = text.find_first_not_of(text[at], at);
    if (end == std::string::npos) end = text.size();
    found += text[at] + std::to_string(end - at);
  }
  return found;
}

inline std::string decode(const std::string& text) {
  std::string found;
  for (size_t at = 0; at < text.size();) {
    char letter = text[at++];
    size_t end = at;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end == at) throw std::invalid_argument("no count");
    found.append(std::stoul(text.substr(at, end - at)), letter);
    at = end;
  }
  return found;
}
