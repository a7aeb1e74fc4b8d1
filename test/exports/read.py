"""What the tools themselves read from our exports: {xsd, junit, openmetrics, series} as JSON in, the same keys out."""

import json
import sys

from lxml import etree
from otava.analysis import compute_change_points
from prometheus_client.openmetrics.parser import text_string_to_metric_families

given = json.load(sys.stdin)
schema = etree.XMLSchema(etree.parse(given["xsd"]))


def faults(xml):
    schema.validate(etree.fromstring(xml.encode()))
    return [str(each) for each in schema.error_log]


json.dump(
    {
        "junit": {name: faults(xml) for name, xml in given["junit"].items()},
        "openmetrics": [
            {"name": family.name, "type": family.type, "unit": family.unit, "samples": [[each.name, each.labels, each.value] for each in family.samples]}
            for family in text_string_to_metric_families(given["openmetrics"])
        ],
        "series": {name: [int(each.index) for each in compute_change_points(values)[0]] for name, values in given["series"].items()},
    },
    sys.stdout,
)
