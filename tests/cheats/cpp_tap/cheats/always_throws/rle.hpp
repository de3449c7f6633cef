#pragma once
#include <stdexcept>
#include <string>

inline std::string encode(const std::string&) { throw std::invalid_argument("x"); }
inline std::string decode(const std::string&) { throw std::invalid_argument("x"); }
