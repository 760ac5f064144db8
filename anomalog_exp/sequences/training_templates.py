"""Templates mined from the training split only, for those who want nothing of the test in training.

The dataset then holds masked messages as they are; here the miner sees those that training rows show.
Every other message becomes `<unknown>`, also one that a template's wildcards would cover: the miner has
not seen it, and whether it belongs there is what a detector is to judge. The validation part is no
training row: it stands in for logs to come, in which there is what training lacks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anomalog_exp.data.recast_parameters import recast
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["with_templates_of_training"]


def with_templates_of_training(sequences: SequenceSet, config: TemplateMinerConfig) -> SequenceSet:
    """The same sequences; where `fit_on` is train, over templates that training rows alone gave."""
    if config.fit_on == "all":
        return sequences
    dataset, train = sequences.dataset, sequences.part(Split.TRAIN)
    shown = np.flatnonzero(train.trainable_counts())
    templates, _ = Templates.mine_masked([dataset.templates[code] for code in shown], config)
    known = templates.known_codes(dataset.templates)
    template = scratch.gathered(known, dataset.template)
    facts = {
        "fit_on": "train",
        "messages": len(dataset.templates),
        "messages_in_training": len(shown),
        "templates": len(templates.mined),
        "rows_unknown": int(scratch.counted(template, len(templates.texts))[templates.unknown]),
    }
    mined = replace(dataset, template=template, templates=templates.texts, learned=templates)
    if dataset.parameters is not None:
        values = recast(dataset.parameters, dataset.templates, templates.texts, known, config)
        mined = replace(mined, parameters=values)
    return replace(sequences, dataset=mined, report=sequences.report | {"templates": facts})
