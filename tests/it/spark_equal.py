"""Holds the data set of the Spark job against the exports of an archive; and makes the reading of an earlier parser out of this one's.

spark_equal.py equal DATASET VALUES.parquet FINDINGS.parquet     rows of each, and rows that one side has alone
spark_equal.py earlier DATASET OUT                               one number changed, one lost, one gained
"""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")

if sys.argv[1] == "equal":
    for name, path in zip(["values", "findings"], sys.argv[3:]):
        # The number of a capture is the archive's own; where it lies in its shard is the fleet's.
        archive = spark.read.parquet(path).drop("capture")
        fleet = spark.read.parquet(f"{sys.argv[2]}/{name}").where("current").select(archive.columns)
        kinds = [[field.dataType.simpleString() for field in table.schema] for table in (archive, fleet)]
        print(json.dumps({
            "table": name, "rows": archive.count(), "archive_alone": archive.exceptAll(fleet).count(),
            "fleet_alone": fleet.exceptAll(archive).count(), "same_types": kinds[0] == kinds[1],
        }))
else:
    values = spark.read.parquet(f"{sys.argv[2]}/values").withColumn("parser_version", F.lit("earlier"))
    first = values.where("state = 'number' and not suggested").select("url").first().url
    of = (F.col("url") == first) & (F.col("applicant") == "total")
    changed = of & (F.col("indicator") == "applications.received")
    gained = of & (F.col("indicator") == "applications.granted")
    more = values.where(gained).withColumn("indicator", F.lit("applications.invented"))
    values = values.withColumn("value", F.when(changed, F.col("value") + 1).otherwise(F.col("value"))).where(~gained)
    values.unionByName(more).write.mode("overwrite").parquet(f"{sys.argv[3]}/values")
