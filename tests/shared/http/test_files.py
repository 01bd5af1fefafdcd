"""A file that is downloaded does nothing to whoever opens it in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from shared.http.files import csv_file, csv_text

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    (_, row) = csv.reader(io.StringIO(csv_text(["name"], [[formula]]), newline=""))
    assert row == [f"'{formula}"]


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert csv_text(["a", "b", "c"], [[-5, None, "x,y"]]) == 'a,b,c\r\n-5,,"x,y"\r\n'


def test_a_file_has_a_name_and_says_what_it_is() -> None:
    answer = csv_file("reach-1", ["a"], [])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="reach-1.csv"'
