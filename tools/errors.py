"""The exception tree of Callsign. Every package hangs its own branches here.

CallsignError
├── SpecError                  an OpenAPI document that cannot become tools
│   ├── UnresolvableReference  a `$ref` that leads nowhere, outside or in a circle
│   ├── UnsupportedMediaType   a request body that the executor cannot write
│   ├── CookieParameter        a required parameter in a cookie, which tools never send
│   └── InvalidSchema          a schema that no validator takes
├── ToolNotFound               a name that no catalog holds
├── EngineError                a model engine that could not decode an act
│   ├── EngineUnavailable      not reachable, not loaded, or shut down
│   ├── EngineRefused          answered with something that is no act
│   └── PromptTooLong          what was said so far does not fit the model
├── StoreUnavailable           the event store cannot be reached, read or written
├── ModelError                 model files: missing, truncated, foreign, mismatched
├── BenchmarkError             a benchmark run that cannot start or go on as asked
│   └── BenchmarkDataMissing   its files are not there, or not in its format
├── TrainingError              a training run that cannot start or go on as asked
├── DataError                  a dataset build that cannot start or go on as asked
│   ├── StageFailed            a stage raised over one of its records
│   └── TeacherError           the model that words questions cannot be asked
│       ├── TeacherUnavailable does not answer, time and again
│       └── TeacherRejected    will not take the request: its key, model or form
└── ConversationError          a request that the conversation's state does not allow
    ├── ConversationNotFound
    ├── SandboxNotFound        the world that a conversation should run in does not exist
    ├── ConcurrentTurn         another turn appended events first
    ├── ApprovalNotFound
    └── ApprovalConflict       decided the other way, expired, or void
"""

from __future__ import annotations


class CallsignError(Exception):
    """Root of every error that Callsign raises on purpose."""


class SpecError(CallsignError):
    """An OpenAPI document that cannot become tools."""


class UnresolvableReference(SpecError):
    """A `$ref` that leads nowhere, outside the document, or in a circle."""


class UnsupportedMediaType(SpecError):
    """A request body is needed of a kind that the executor cannot write."""


class CookieParameter(SpecError):
    """A required parameter travels in a cookie, which tools never send."""


class InvalidSchema(SpecError):
    """A schema that no validator takes."""


class ToolNotFound(CallsignError):
    """A tool name that the catalog does not hold."""


class EngineError(CallsignError):
    """A model engine could not decode an act."""


class EngineUnavailable(EngineError):
    """The engine is not reachable, not loaded, or shut down."""


class EngineRefused(EngineError):
    """The engine answered with something that is no act."""


class PromptTooLong(EngineError):
    """What was said so far does not fit the model."""


class StoreUnavailable(CallsignError):
    """The event store cannot be reached, read or written."""


class ModelError(CallsignError):
    """Model files are missing, truncated, foreign or do not match each other."""


class BenchmarkError(CallsignError):
    """A benchmark run cannot start, go on or be read as asked."""


class BenchmarkDataMissing(BenchmarkError):
    """A benchmark's files are not where they were looked for, or not in its format."""


class TrainingError(CallsignError):
    """A training run cannot start or go on as asked."""


class DataError(CallsignError):
    """A build of the dataset cannot start, go on or be read as asked."""


class StageFailed(DataError):
    """A stage raised over one of its records."""


class TeacherError(DataError):
    """The model that words the dataset's questions cannot be asked."""


class TeacherUnavailable(TeacherError):
    """The teacher does not answer, time and again."""


class TeacherRejected(TeacherError):
    """The teacher will not take a request: its key, its model or its form is wrong."""


class ConversationError(CallsignError):
    """A request that the conversation's state does not allow."""


class ConversationNotFound(ConversationError):
    """No conversation has this id."""


class SandboxNotFound(ConversationError):
    """The world that a conversation should run in does not exist."""


class ConcurrentTurn(ConversationError):
    """Another turn appended events to the conversation first."""


class ApprovalNotFound(ConversationError):
    """The conversation never asked for this approval."""


class ApprovalConflict(ConversationError):
    """The approval was decided the other way, has expired, or was made void."""
