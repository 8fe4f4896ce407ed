"""Write `docs/rules.md` from the texts of the rules: one section a rule, Chinese and English.

Run it after a change of a rule's texts: `python docs/build_rules.py`. A test fails while the page is stale.
"""

from __future__ import annotations

from pathlib import Path

from onemap.messages import catalogue

PAGE = Path(__file__).with_name("rules.md")
GROUPS = {
    "PKG": "Package 成果完整性",
    "ENC": "Encoding 编码",
    "CRS": "Coordinate systems 坐标系",
    "FLD": "Fields 字段",
    "ATT": "Attributes 属性",
    "GEO": "Geometry 图形",
    "TOP": "Topology 拓扑",
    "BIZ": "Business 业务",
    "OUT": "Output 输出",
    "SEC": "Safety 安全",
}
SEVERITIES = {"fatal": "fatal 致命", "error": "error 错误", "warning": "warning 警告", "info": "info 提示"}
HEAD = """# Rules 质检规则

Made by `docs/build_rules.py` from `onemap/texts/rules_*.toml`; do not edit. 由脚本生成，请勿手工修改。

Numbers 001-099 are met while reading and conforming, 101-199 by deliveries, 201-299 by analyses.
编号 001-099 用于读取与整理，101-199 用于交付检查，201-299 用于分析。
Words in braces stand for values. 花括号中为具体数值。
"""


def page() -> str:
    """Give the page as text."""
    rules = {rule: keys for rule, keys in catalogue().items() if rule.startswith("OM-")}
    parts = [HEAD]
    for group, title in GROUPS.items():
        of_group = sorted(rule for rule in rules if rule.split("-")[1] == group)
        if of_group:
            parts.append(f"## {title}\n")
            parts += [section(rule, rules[rule]) for rule in of_group]
    return "\n".join(parts)


def section(rule: str, keys: dict[str, str]) -> str:
    """Give the section of one rule."""
    severity = SEVERITIES[keys["severity"]]
    return (
        f"### {rule} {keys['title_zh']} · {keys['title_en']}\n\n"
        f"- Severity 级别: {severity}\n"
        f"- 说明: {keys['zh']}\n"
        f"- 处理: {keys['hint_zh']}\n"
        f"- Message: {keys['en']}\n"
        f"- Hint: {keys['hint_en']}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
