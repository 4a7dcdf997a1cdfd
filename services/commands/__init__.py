"""The `leeway` command, one module a command. It is no room: it calls the rooms' queries and commands.

Promise: one sentence for whatever goes wrong, exit code 0 done, 1 findings or a failed check where asked,
2 wrong usage or configuration; `--format json` where data is printed; progress only on a terminal.
"""
