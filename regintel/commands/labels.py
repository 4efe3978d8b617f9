"""Commands about labels: records labelled and matched as they come, the head trained and measured, corrections."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from regintel.commands.door import PARTIAL, answer, house_command, line_command, reading, writing
from regintel.house import House


@line_command
def tag(house: House) -> None:
    """Label records, a JSON line each, from stdin to stdout; nothing of the index is read or written.

    A record is {"id", "title", "text", "agency", "language", "url", "published", "status"}; only the title is needed.
    A line that cannot be taken is answered with its number and what is wrong, and the exit code is 2.
    """
    from regintel.jobs.tag import Labeller
    from regintel.jobs.tag import tag as tag_job

    labeller = Labeller(house.shelf, house.taxonomy, house.encoder)
    _told(tag_job(sys.stdin.buffer, labeller))


@line_command
@click.argument("project", metavar="PROJECT")
def match(house: House, project: str) -> None:
    """Hold records, a JSON line each, from stdin against PROJECT; nothing of the index is read or written.

    Each is answered with a score, whether it is relevant, whether it must not be missed, and the reasons.
    """
    from regintel.jobs.match import match_records
    from regintel.jobs.tag import Labeller
    from regintel.notify.projects import chosen_projects

    (profile,) = chosen_projects(house.projects, (project,))
    labeller = Labeller(house.shelf, house.taxonomy, house.encoder)
    _told(match_records(sys.stdin.buffer, labeller, house.encoder, profile, house.names))


@house_command()
@click.option("--force", is_flag=True, help="Keep the new head even if people's corrections make it worse.")
@click.option("--feedback", is_flag=True, help="Learn also from labels that people called wrong in Slack.")
def train(house: House, *, force: bool, feedback: bool, as_json: bool) -> None:
    """Train the head anew, from the labelled titles and from what people corrected."""
    from regintel.jobs.feedback import feedback_examples
    from regintel.jobs.label import corrected_examples
    from regintel.jobs.train import train_head

    with reading(house) as index:
        corrected = corrected_examples(index)
        if feedback:
            corrected += feedback_examples(index, house.taxonomy, [each.id for each in corrected])
    done = train_head(house.shelf, house.taxonomy, house.encoder, corrected, house.config.models, force=force)
    if as_json:
        answer(done.as_json())
        return
    click.echo(f"{done.path}: {done.method}, learnt from {done.examples} titles, {done.corrections} of them corrected")
    for name, value in done.after.items():
        click.echo(f"  {name}: {value:.3f} in cross-validation, {done.before[name]:.3f} without corrections")


@house_command()
@click.option("--labels", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Other labelled titles.")
@click.option("--queries", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Measure the search.")
@click.option("--seeds", type=click.IntRange(1, 20), default=3, show_default=True, help="How many partings in folds.")
def evaluate(house: House, *, labels: Path | None, queries: Path | None, seeds: int, as_json: bool) -> None:
    """Measure the labels: in cross-validation, or on labelled titles that the head has not seen.

    With --queries, measure the search, too: graded queries, a JSON line each, over the corpus that they name or the
    index.
    """
    from regintel.jobs.evaluate import evaluate as evaluate_job
    from regintel.jobs.evaluate import summary
    from regintel.jobs.retrieval import retrieval
    from regintel.jobs.retrieval import summary as retrieval_summary

    found = evaluate_job(house.shelf, house.taxonomy, house.encoder, labels=labels, seeds=seeds)
    measured = retrieval(house, queries) if queries else {}
    if as_json:
        answer({**found, **measured})
    else:
        click.echo("\n".join([*summary(found), *(retrieval_summary(measured) if measured else [])]))


# Without -h: a label may hold any letter, and `-batch_release` is no option.
@house_command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("document", metavar="DOCUMENT")
@click.argument("words", metavar="+LABEL|-LABEL|?LABEL...", nargs=-1, required=True)
@click.option("--by", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why.")
def label(house: House, *, document: str, words: tuple[str, ...], by: str, reason: str, as_json: bool) -> None:
    """Say what a document is about (+) or not (-), or take that back (?): it is kept, and stronger than the model."""
    from regintel.jobs.label import correct

    with writing(house) as index:
        done = correct(index, house.taxonomy, document, words, house.clock, by=by, reason=reason)
    if as_json:
        answer(done.as_json())
    else:
        ids = [each.id for each in (*done.labels.modalities, *done.labels.topics)]
        click.echo(f"{done.document}: {', '.join(ids) or 'not labelled yet'}")


def _told(answers: Iterable[dict[str, Any]]) -> None:
    """Print an answer a line; leave with 2 if one was an error."""
    wrong = False
    for each in answers:
        wrong = wrong or "error" in each
        click.echo(json.dumps(each, ensure_ascii=False))
    sys.exit(PARTIAL if wrong else 0)
