#pragma once
#include <algorithm>
#include <stdexcept>

inline int clamp(int number, int low, int high) {
  if (low > high) throw std::invalid_argument("low is above high");
  return std::max(low, std::min(number, high));
}
