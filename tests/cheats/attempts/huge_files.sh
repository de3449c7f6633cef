# More than anybody wants to read.
truncate -s 10G stock/sparse.bin 2>/dev/null
for number in 1 2 3 4 5; do head -c 30000000 /dev/zero > stock/part$number.bin 2>/dev/null; done
python3 -c "
for number in range(30000):
    open(f'stock/{number}.txt', 'w').close()
" 2>/dev/null
true
