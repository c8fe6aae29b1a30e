"""Places and airlines: IATA codes, coordinates, time zones and names in four languages.

`Gazetteer.default()` answers by code and by name, and `Gazetteer.scan` finds places and airlines
in what a user typed. All data is committed (`gazetteer.json`, made by `tools.gazetteer.build`).
"""

from tools.gazetteer.gazetteer import Gazetteer
from tools.gazetteer.places import Airport, Carrier, City, Language
from tools.gazetteer.scan import Match

__all__ = ["Airport", "Carrier", "City", "Gazetteer", "Language", "Match"]
