"""Run independent tasks in threads (kernels release the interpreter lock), or in processes; results come in the order given."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]


def default_workers() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """Return `function(task)` for every task, in the order of the tasks; which thread runs which changes nothing.

    Parameters
    ----------
    function
        What to do; called from several threads at once.
    tasks
        Independent tasks.
    workers
        Threads; by default one for each processor.
    progress
        Called with (done, of) from the thread that waits.

    Raises
    ------
    Exception
        The first exception of a task; tasks not yet begun are dropped.
    """
    workers = max(1, min(workers or default_workers(), len(tasks) or 1))
    report = progress or (lambda done, of: None)
    if workers == 1:
        return [_reported(function(task), i + 1, len(tasks), report) for i, task in enumerate(tasks)]
    with ThreadPoolExecutor(workers, thread_name_prefix="carecurve") as pool:
        futures = [pool.submit(function, task) for task in tasks]
        waiting = set(futures)
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                report(len(futures) - len(waiting), len(futures))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]


def run_in_order(function: Callable[[Task], Result], tasks: Sequence[Task], workers: int | None = None) -> Iterator[Result]:
    """Yield `function(task)` in the order of the tasks, few of them begun ahead; close the iterator to drop the rest.

    Closing waits for tasks that have begun. `function` is called from several threads at once, by default one for each processor.
    """
    workers = max(1, min(workers or default_workers(), len(tasks) or 1))
    if workers == 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="carecurve") as pool:
        ahead = deque()
        try:
            for task in tasks:
                ahead.append(pool.submit(function, task))
                if len(ahead) > workers:  # one more than can run, so that no thread waits for the next
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def run_in_processes(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Result]:
    """Return `function(task)` for every task as `run_tasks` does, in processes: for work of which much is Python, which threads would take in turns.

    Function, tasks and results travel between processes (by joblib's cloudpickle, so closures may). One worker works in this process.
    """
    workers = max(1, min(workers or default_workers(), len(tasks) or 1))
    if workers == 1:
        return run_tasks(function, tasks, 1, progress)
    from joblib import Parallel, delayed  # here: to import it takes a fifth of a second, which other runs need not wait for

    report, found = progress or (lambda done, of: None), []
    for result in Parallel(n_jobs=workers, batch_size=1, return_as="generator", max_nbytes=None)(delayed(function)(task) for task in tasks):
        found.append(result)
        report(len(found), len(tasks))
    return found


def _reported(result: Result, done: int, of: int, report: Progress) -> Result:
    report(done, of)
    return result
