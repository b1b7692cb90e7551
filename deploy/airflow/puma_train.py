"""Trains a run and scores its checkpoints from Airflow. Not tested.

A task that ends with 75 ("run me again") or 1 is tried again and goes on from the last checkpoint. A BashOperator
fits better than SparkSubmitOperator: it keeps puma's one line of JSON, which becomes the XCom.

Airflow variables: puma_home (this repository, built), spark_home, spark_master, puma_config, puma_runs.
"""

import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

SUBMIT = (
    "{{ var.value.puma_home }}/deploy/submit.sh --master {{ var.value.spark_master }}"
    " --conf spark.executor.resource.gpu.amount=1 --conf spark.task.resource.gpu.amount=1 -- "
)
# The same for every try of a task, and without the colons that Hadoop paths cannot have.
RUN = "{{ var.value.puma_runs }}/{{ ts_nodash }}"

with DAG(
    "puma_train",
    start_date=datetime.datetime(2025, 1, 1),
    schedule=None,
    catchup=False,
    default_args={
        "retries": 10,
        "retry_delay": datetime.timedelta(minutes=1),
        "env": {"SPARK_HOME": "{{ var.value.spark_home }}"},
        "append_env": True,
    },
) as dag:
    train = BashOperator(
        task_id="train",
        bash_command=f"{SUBMIT} train --config {{{{ var.value.puma_config }}}} run.directory={RUN}",
    )
    evaluate = BashOperator(
        task_id="evaluate",
        bash_command=f"{SUBMIT} evaluate --config {{{{ var.value.puma_config }}}}"
        f" --checkpoints '{RUN}/checkpoints/*' --out {RUN}/evaluation",
    )
    train >> evaluate
