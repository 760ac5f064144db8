"""Templates mined from the training split only, for those who want nothing of the test in training.

The dataset then holds masked messages as they are; here the miner sees those that training rows show,
and every other message becomes one template of its own kind.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["UNKNOWN_TEMPLATE", "with_templates_of_training"]

UNKNOWN_TEMPLATE = "<unknown>"
"""What stands for every message that no training row shows."""


def with_templates_of_training(sequences: SequenceSet, config: TemplateMinerConfig) -> SequenceSet:
    """The same sequences; where `fit_on` is train, over templates that training rows alone gave."""
    if config.fit_on == "all":
        return sequences
    dataset, train = sequences.dataset, sequences.part(Split.TRAIN)
    shown = np.unique(train.templates[train.may_train])
    texts, codes = config.build_miner().mine([dataset.templates[code] for code in shown])
    template_of_message = np.full(len(dataset.templates), len(texts), dtype=np.int32)
    template_of_message[shown] = codes
    template = template_of_message[dataset.template]
    facts = {
        "fit_on": "train",
        "messages": len(dataset.templates),
        "messages_in_training": len(shown),
        "templates": len(texts),
        "rows_unknown": int((template == len(texts)).sum()),
    }
    mined = replace(dataset, template=template, templates=(*texts, UNKNOWN_TEMPLATE))
    return replace(sequences, dataset=mined, report=sequences.report | {"templates": facts})
