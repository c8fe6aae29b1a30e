"""Tools by name, by purpose, and as the texts that models read."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.catalog import Catalog
from tools.errors import ToolNotFound
from tools.openapi import read_openapi
from tools.retrieval import Bm25, terms

DOCUMENT = """
openapi: 3.1.0
paths:
  /offers/search:
    post:
      operationId: search_flights
      summary: Search flight offers. Prices are totals.
      x-effect: read
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [origin, departure_date]
              properties:
                origin: {type: string, x-kind: place}
                departure_date: {type: string, format: date}
                adults: {type: integer, default: 1}
                cabin_class:
                  enum: [economy, business]
                  x-terms: {business: [Geschäftsklasse]}
                airlines: {type: array, items: {type: string, x-kind: carrier}}
                note: {anyOf: [{type: string}, {type: 'null'}]}
  /orders:
    post:
      operationId: book_flight
      description: Book an offer
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [offer_id, passengers]
              properties:
                offer_id: {type: string, x-entity: flight_offer}
                passengers:
                  type: array
                  items:
                    type: object
                    required: [given_name]
                    properties:
                      given_name: {type: string}
                      born_on: {type: string, format: date}
  /hotels/{hotel_id}:
    get: {operationId: get_hotel, summary: "One hotel, with reviews"}
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog(read_openapi(DOCUMENT, api="t").tools)


class TestByName:
    def test_tools_are_found(self, catalog: Catalog) -> None:
        assert catalog.get("get_hotel").path == "/hotels/{hotel_id}"
        assert "get_hotel" in catalog
        assert len(catalog) == len(list(catalog)) == 3

    def test_unknown_names_are_an_error_that_names_them(self, catalog: Catalog) -> None:
        with pytest.raises(ToolNotFound, match="book_yacht"):
            catalog.get("book_yacht")

    def test_two_tools_of_one_name_are_refused(self, catalog: Catalog) -> None:
        with pytest.raises(ValueError, match="get_hotel"):
            Catalog([catalog.get("get_hotel"), catalog.get("get_hotel")])


class TestTexts:
    def test_a_signature_is_one_line(self, catalog: Catalog) -> None:
        assert catalog.compact("search_flights") == (
            "search_flights(origin: place, departure_date: date, adults?: int=1, "
            "cabin_class?: economy|business, airlines?: [carrier], note?: str)"
            " - Search flight offers."
        )
        assert catalog.compact("book_flight") == (
            "book_flight(offer_id: flight_offer, "
            "passengers: [{given_name: name, born_on?: date}]) - Book an offer"
        )

    def test_the_json_form_is_made_once(self, catalog: Catalog) -> None:
        text = catalog.json("get_hotel")
        assert orjson.loads(text) == {
            "name": "get_hotel",
            "description": "One hotel, with reviews",
            "parameters": catalog.get("get_hotel").parameters,
        }
        assert catalog.json("get_hotel") is text


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "best"),
        [
            ("flights to Lisbon", "search_flights"),
            ("book for two passengers", "book_flight"),
            ("hotel reviews", "get_hotel"),
            ("in der GESCHAFTSKLASSE", "search_flights"),
        ],
    )
    def test_the_tool_meant_comes_first(self, catalog: Catalog, query: str, best: str) -> None:
        assert catalog.search(query, 2)[0].name == best

    def test_nothing_in_common_finds_nothing(self, catalog: Catalog) -> None:
        assert catalog.search("xylophone", 3) == ()

    def test_terms_lose_case_accents_and_plurals(self) -> None:
        assert terms("getÉtés: flightOrders 東京") == ["get", "ete", "flight", "order", "東京"]

    @given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=8), st.integers(1, 9))
    def test_results_are_ranked_and_share_a_term(self, documents: list[list[str]], k: int) -> None:
        found = Bm25(documents).search(["a", "b"], k)
        scores = [score for _, score in found]
        assert scores == sorted(scores, reverse=True)
        assert len(found) <= k
        assert all({"a", "b"} & set(documents[position]) for position, _ in found)
