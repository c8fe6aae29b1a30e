"""APIs that have no server: answers from response schemas and examples, with a memory."""

from training.simulate.place import SimulatedApis, SimulatedPlace
from training.simulate.transport import SimulatorTransport, base_url

__all__ = ["SimulatedApis", "SimulatedPlace", "SimulatorTransport", "base_url"]
