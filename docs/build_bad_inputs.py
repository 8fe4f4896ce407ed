"""Write `docs/bad-inputs.md`: every bad file of the tests, its rule and exit code.

Run it after a case has come or gone: `python docs/build_bad_inputs.py`. A test fails while the page is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).with_name("bad-inputs.md")
HEAD = """# Bad inputs 问题文件

Made by `docs/build_bad_inputs.py` from `tests/bad_inputs`; do not edit. 由脚本生成，请勿手工修改。

Each file is made by code and given to the command line; it must end with the rule and the exit code of its row, within
10 s and 1 GB, without a traceback. Exit codes: 0 read, with findings; 2 a setting must be given; 3 cannot be read; 4
refused for safety. 每个文件由代码生成并交给命令行处理，须在 10 秒、1 GB 内给出所列规则和退出码。

| # | what is wrong 问题 | rule 规则 | exit 退出码 | command 命令 |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Give the page as text."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.bad_inputs.registry import every_case

    cases = [case for case in every_case() if case.is_bad]
    rows = [
        f"| {number} | {case.line.rstrip('.')} | {case.rule} | {case.exit_code} | {case.ask} |"
        for number, case in enumerate(cases, start=1)
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
