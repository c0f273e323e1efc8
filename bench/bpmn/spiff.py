"""The work of bench/bpmn on SpiffWorkflow. Arguments: FOLDER SECONDS. The model is read once; each instance is a workflow run to its end."""
import json
import math
import statistics
import sys
import time

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

ROUNDS = 7
ROWS = {"five automatic steps": "five.bpmn", "parallel split and join of three": "split.bpmn"}


def run_once(spec):
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    while not workflow.is_completed():  # an abstract task is left to the host, which is done at once
        for task in workflow.get_tasks(state=TaskState.READY, manual=True):
            task.run()
        workflow.do_engine_steps()


def measure(spec, seconds):
    times = []
    for turn in range(-math.ceil(1 / seconds), ROUNDS):
        count, begun = 0, time.perf_counter_ns()
        while True:
            run_once(spec)
            count += 1
            taken = time.perf_counter_ns() - begun
            if taken >= seconds * 1e9:
                break
        if turn >= 0:
            times.append(taken / count)
    return statistics.median(times)


def main():
    folder, seconds = sys.argv[1], float(sys.argv[2])
    for row, file in ROWS.items():
        parser = BpmnParser()
        parser.add_bpmn_file(f"{folder}/{file}")
        spec = parser.get_spec("work")
        print(json.dumps({"row": row, "ns": round(measure(spec, seconds))}), flush=True)


main()
