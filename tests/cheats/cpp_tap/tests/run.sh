set -e
g++ -std=c++17 -I"$ASSAY_INCLUDE" -o /tmp/rle rle.cpp
exec /tmp/rle
