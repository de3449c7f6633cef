#pragma once
#include <string>

inline std::string encode(const std::string& text) { return text; }
inline std::string decode(const std::string& text) { return text; }
