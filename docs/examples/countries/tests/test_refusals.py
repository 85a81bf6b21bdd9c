"""What cannot be taken over (or not be given back) is refused with a sentence."""

import pytest
from example_countries.pack.migrations.calling_codes import CountCallingCodes
from example_countries.pack.migrations.capital import JoinCapital
from example_countries.pack.migrations.codes import GatherCodes

BAD = [
    (JoinCapital, {"capital": {"name": "Rome"}}, "capital: expected a name"),
    (JoinCapital, {"capital": "Rome", "capital_latlng": "41.9,12.5"}, "capital_latlng: expected a list or null"),
    (JoinCapital, {"capital": "Rome", "capital_latlng": [41.9]}, "capital_latlng: expected a pair"),
    (JoinCapital, {"capital": "Rome", "capital_latlng": [[41.9, 12.5], None]}, "capital_latlng: expected a pair"),
    (JoinCapital, {"capital": "Rome", "area": 1, "capital_latlng": [41.9, 12.5]}, "right behind capital"),
    (JoinCapital, {"capital_latlng": [41.9, 12.5]}, "right behind capital"),
    (CountCallingCodes, {"callingCodes": "39"}, "callingCodes: expected a list"),
    (CountCallingCodes, {"callingCodes": ["39", 379]}, "callingCodes: expected texts, got 379"),
    (GatherCodes, {"ISO": "IT"}, "ISO: expected an object"),
    (GatherCodes, {"ISO": {"alpha2": None}}, "ISO.alpha2: expected text"),
    (GatherCodes, {"ISO": {}, "borders": "AUT"}, "borders: expected a list of texts"),
    (GatherCodes, {"ISO": {}, "borders": ["AUT", 40]}, "borders: expected a list of texts"),
    (GatherCodes, {"ISO": {}, "codes": {}}, "codes: expected no such member"),
]


@pytest.mark.parametrize(("migration", "document", "sentence"), BAD)
def test_a_bad_record_is_refused(migration, document, sentence):
    with pytest.raises(ValueError, match=sentence):
        migration().upgrade(document)


@pytest.mark.parametrize("code", ["", "+44", "1-876", "007", " 39", "39 ", "٣٩", "²", "1" * 16])
def test_a_code_that_is_no_plain_number_stays_text(code):
    assert CountCallingCodes().upgrade({"callingCodes": [code]}) == {"callingCodes": [code]}


@pytest.mark.parametrize("code", ["0", "39", "9" * 15])
def test_a_code_that_is_a_plain_number_becomes_one_and_comes_back(code):
    document = CountCallingCodes().upgrade({"callingCodes": [code]})
    assert document == {"callingCodes": [int(code)]}
    assert CountCallingCodes().downgrade(document) == {"callingCodes": [code]}


def test_a_country_made_at_the_newest_version_can_go_down():
    document = {"id": "atlantis", "codes": {"iso": {"alpha2": None}, "calling": [999]}, "name": "Atlantis"}
    down = GatherCodes().downgrade(document)
    assert list(down.items()) == [
        ("id", "atlantis"),
        ("name", "Atlantis"),
        ("ISO", {"alpha2": ""}),
        ("callingCodes", [999]),
    ]


def test_an_order_that_no_longer_fits_the_borders_is_left_aside():
    document = {"id": "x", "borders": ["AUT", "CHE", "FRA"], "codes": {"iso": {}}, "origin": {"borders": [1, 0]}}
    assert GatherCodes().downgrade(document)["borders"] == ["AUT", "CHE", "FRA"]
