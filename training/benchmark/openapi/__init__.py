"""Single calls over tools of real API descriptions: how the tasks are made and scored."""
