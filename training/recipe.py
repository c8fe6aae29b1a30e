"""Which stages make a dataset, in which order, from what was asked for."""

from __future__ import annotations

from training.annotate.practice import PracticeApis
from training.annotate.stage import AnnotateStage, Opener
from training.collect.documents import CollectDocuments
from training.collect.liveness import CheckAlive
from training.collect.portions import Portion
from training.collect.stage import CollectOperations
from training.export.sample import Sample
from training.export.sink import DatasetFiles
from training.export.stage import ExportRows
from training.instruct.booking import BookingInstructions
from training.instruct.general import GeneralInstructions
from training.instruct.kits import GatherKits, Kit
from training.instruct.teacher import TeacherInstruct
from training.live import LivePlaces
from training.order import Order
from training.pipeline import Step
from training.records import Chain, Collected, Instruction
from training.select.stage import SelectStage
from training.simulate.place import SimulatedApis
from training.verify.stage import VerifyStage

TASKS = 24_000
"""Conversations over the practice APIs where no limit is given."""


def steps(order: Order) -> tuple[Step, ...]:
    """The steps of a build, each after those that it takes records from."""
    first = _general(order) if order.specs else _booking(order)
    worded = tuple(step.name for step in first if step.makes is Instruction)
    tasks = (*first, *_teacher(order, after=worded))
    instructions = tuple(step.name for step in tasks if step.makes is Instruction)
    return (*tasks, *_from(instructions, _places(order)))


def _places(order: Order) -> tuple[Opener, ...]:
    """Where calls are executed. The practice APIs are not started where nobody calls them."""
    if not order.specs:
        return (PracticeApis(), SimulatedApis())
    return (SimulatedApis(), LivePlaces(order.live)) if order.live else (SimulatedApis(),)


def _booking(order: Order) -> tuple[Step, ...]:
    """Conversations over the practice APIs, from the bank of phrases."""
    return (Step(BookingInstructions(order.limit or TASKS), Instruction, rows_per_part=1000),)


def _general(order: Order) -> tuple[Step, ...]:
    """Conversations over any documents, the reverse way from calls that were executed."""
    collected = _collect(order)
    return (
        *collected,
        Step(GatherKits(tasks=order.limit), Kit, after=(collected[-1].name,)),
        Step(
            GeneralInstructions(order.live), Instruction, after=("instruct-kits",), rows_per_part=4
        ),
    )


def _collect(order: Order) -> tuple[Step, ...]:
    """From documents and traffic to tools with examples, called where they run."""
    servers = tuple(sorted(order.live.urls.values())) if order.live else ()
    # One portion at a time: each holds a document while it is worked on.
    operations = Step(
        CollectOperations(order.specs),
        Collected,
        after=("collect-documents",),
        rows_per_part=8,
        at_once=1,
    )
    documents = Step(CollectDocuments(order.specs, order.hars, servers), Portion)
    if order.live is None:
        return (documents, operations)
    alive = Step(CheckAlive(order.live), Collected, after=("collect",))
    return (documents, operations, alive)


def _teacher(order: Order, after: tuple[str, ...]) -> tuple[Step, ...]:
    """The same conversations in a teacher's words, where there is one."""
    if order.teacher_url is None:
        return ()
    stage = TeacherInstruct(order.teacher_url, order.teacher_model, openers=_places(order))
    return (Step(stage, Instruction, after=after),)


def _from(instructions: tuple[str, ...], places: tuple[Opener, ...]) -> tuple[Step, ...]:
    """The steps from instructions to the dataset, which are the same for all of them."""
    return (
        Step(AnnotateStage(places), Chain, after=instructions, rows_per_part=50),
        Step(VerifyStage(places), Chain, after=("annotate",)),
        Step(SelectStage(), Chain, after=("verify",), rows_per_part=1000),
        Step(ExportRows(places), Sample, after=("select",)),
        Step(DatasetFiles(), Sample, after=("export-rows",)),
    )
