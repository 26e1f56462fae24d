"""`python -m bot` is the command `wenshu`."""

from bot.cli import main

main()
