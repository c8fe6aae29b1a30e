"""A bigger model behind the OpenAI chat protocol: answers are checked, and paid for once."""

from training.teacher.question import Question
from training.teacher.settings import TeacherSettings
from training.teacher.teacher import Teacher, Unanswered, open_teacher, paid_so_far

__all__ = ["Question", "Teacher", "TeacherSettings", "Unanswered", "open_teacher", "paid_so_far"]
