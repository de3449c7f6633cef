"""The program: python3 -m greeter [--loud] [NAME ...]"""

import sys

from greeter.greeting import message

arguments = sys.argv[1:]
print(message([name for name in arguments if name != "--loud"], "--loud" in arguments))
