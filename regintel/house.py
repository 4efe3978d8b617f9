"""What the doors share: configuration, clock, encoder, and what is read from config when it is first needed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from regintel.clock import Clock, iso, moment_of
from regintel.config import Config, shipped
from regintel.exceptions import UsageError
from regintel.records import SearchFilters
from regintel.sources import MANUAL, Source, load_sources
from regintel.vocabulary import Agency

if TYPE_CHECKING:  # numpy and torch behind these cost seconds that `--help` has not
    from regintel.classify.shelf import Shelf
    from regintel.classify.taxonomy import Taxonomy
    from regintel.encoder import Encoder
    from regintel.glossary import Glossary
    from regintel.notify.projects import Profile
    from regintel.search.searcher import Searcher


@dataclass
class House:
    """One call of regintel."""

    config: Config
    clock: Clock
    given_encoder: "Encoder | None" = field(default=None)
    """An encoder to use instead of the configured one; tests pass a tiny one."""

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source, by id."""
        return load_sources(self.config.folder)

    @property
    def enabled(self) -> list[Source]:
        """The sources that are read."""
        return [source for source in self.sources.values() if source.enabled]

    @cached_property
    def taxonomy(self) -> "Taxonomy":
        """What documents can be about."""
        from regintel.classify.taxonomy import load_taxonomy

        return load_taxonomy(self.config.folder / "taxonomy.toml")

    @cached_property
    def glossary(self) -> "Glossary":
        """The regulators' words in three languages."""
        from regintel.glossary import Glossary

        return Glossary.load(self.config.folder)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Labels' ids as people write them."""
        return {each.id: each.label for each in (*self.taxonomy.modality, *self.taxonomy.topic)}

    @cached_property
    def projects(self) -> "dict[str, Profile]":
        """Every project profile, by id."""
        from regintel.notify.projects import load_projects

        modalities = {each.id for each in self.taxonomy.modality}
        return load_projects(self.config.folder, modalities, {each.id for each in self.taxonomy.topic})

    @cached_property
    def encoder(self) -> "Encoder":
        """The embedding model; nothing is loaded until it reads a text."""
        from regintel.encoder import open_encoder

        return self.given_encoder or open_encoder(self.config.model, self.config.models)

    def checked(self, filters: SearchFilters) -> SearchFilters:
        """Return what a search is narrowed to, its days in the one form, once all of it is known to exist.

        :raises UsageError: naming the first that does not.
        """
        known: dict[str, Collection[str]] = {
            "source": {*self.sources, MANUAL},
            "agency": set(Agency),
            "modality": {each.id for each in self.taxonomy.modality},
            "topic": {each.id for each in self.taxonomy.topic},
        }
        for name, ids in known.items():
            for each in getattr(filters, name):
                if each not in ids:
                    raise UsageError(f"unknown {name} {each!r} (known: {', '.join(sorted(ids))})")
        since, until = (iso(moment_of(day))[:10] if day else None for day in (filters.since, filters.until))
        return replace(filters, since=since, until=until)

    @cached_property
    def shelf(self) -> "Shelf":
        """What labels are made with: labelled titles, and the head that was trained here or came with regintel."""
        from regintel.classify.shelf import Shelf

        return Shelf(shipped("labels"), self.config.models)

    @cached_property
    def searcher(self) -> "Searcher":
        """What searches, with the help of labels and glossary; threads may share it, each with its own index."""
        from regintel.classify.queries import QueryReader
        from regintel.search.searcher import Searcher
        from regintel.search.synonyms import GlossarySynonyms

        labels = QueryReader(self.shelf, self.taxonomy, self.encoder)
        return Searcher(self.encoder, about=labels, synonyms=GlossarySynonyms(self.glossary))
