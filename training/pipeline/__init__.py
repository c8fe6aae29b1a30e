"""Runs the stages of the dataset: parts, workers, manifests, resuming."""

from training.pipeline.build import Build, read_manifests
from training.pipeline.codec import Codec
from training.pipeline.folder import StageFolder
from training.pipeline.manifest import Manifest, Sitting
from training.pipeline.seeds import rng_for, seed_for
from training.pipeline.stage import Reduction, Sink, Source, Stage, Worker
from training.pipeline.step import Step

__all__ = [
    "Build",
    "Codec",
    "Manifest",
    "Reduction",
    "Sink",
    "Sitting",
    "Source",
    "Stage",
    "StageFolder",
    "Step",
    "Worker",
    "read_manifests",
    "rng_for",
    "seed_for",
]
