"""Re-reads the captures of a fleet on Apache Spark and writes one Parquet data set for each version of the parser.

    spark-submit gongkai_spark.py --shards s3a://bucket/prefix --out s3a://bucket/dataset
    spark-submit gongkai_spark.py --out s3a://bucket/dataset --diff 5 6

`gongkai` must be on every worker (--gongkai PATH where it is not on the PATH). What is written:

    OUT/readings/parser_version=6/batch=…       what the parser said of each payload, once; a run that broke off goes on here
    OUT/dataset/parser_version=6/{reports,values,findings}

A row of the data set is one of a report (a number, a finding) in a capture that an archive would read: not of revisits, not of
robots.txt. `current` marks the report of an agency and year that stands. `shard` and `offset` say where the capture lies,
`byte_start` and `byte_end` where a number stands in its payload, `sha256` which payload that is.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import threading

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

TEXT, LONG = T.StringType(), T.LongType()


def fields(**named):
    return T.StructType([T.StructField(name, kind) for name, kind in named.items()])


MANIFEST = fields(form=LONG, first_date=TEXT, warc=fields(name=TEXT, sha256=TEXT, size_bytes=LONG))

INDEX = fields(url=TEXT, mime=TEXT, status=TEXT, length=TEXT, offset=TEXT, urlkey=TEXT, startedAt=TEXT, sha256=TEXT, hop=TEXT)

VALUE = fields(
    indicator=TEXT, applicant=TEXT, label=TEXT, series=TEXT, state=TEXT, value=TEXT, text=TEXT, unit=TEXT, rule=TEXT,
    suggested=T.BooleanType(), place=fields(table=LONG, row=LONG, column=LONG, bytes=T.ArrayType(LONG)),
)

FINDING = fields(
    rule=TEXT, severity=TEXT, verdict=TEXT, left=TEXT, right=TEXT, detail=TEXT, values=T.ArrayType(TEXT), fingerprint=TEXT,
)

READING = fields(
    page=fields(kind=TEXT, title=TEXT, published=TEXT),
    report=fields(
        agency=TEXT, region=TEXT, year=LONG, edition=TEXT, values=T.ArrayType(VALUE), findings=T.ArrayType(FINDING),
    ),
)

READ = fields(url=TEXT, sha256=TEXT, reading=TEXT)


def main():
    asked = arguments()
    spark = SparkSession.builder.appName("gongkai re-reading").getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    if asked.diff:
        diff(spark, asked.out, *asked.diff)
        return
    version = parser_version(asked.gongkai)
    captures = captures_of(spark, asked.shards).cache()
    read = read_all(spark, captures, asked, version)
    write_dataset(captures, readings(spark, asked.out, version), f"{asked.out}/dataset/parser_version={version}", version)
    print(f"parser {version}: {read} payloads read now")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", help="where the shards are, as Spark names it: s3a://…, file:///…")
    parser.add_argument("--out", required=True, help="where the data set goes")
    parser.add_argument("--gongkai", default="gongkai", help="the program on every worker")
    parser.add_argument("--batch", type=int, default=256, help="shards read before what they gave is kept")
    parser.add_argument("--diff", nargs=2, metavar="VERSION", help="print the cells in which two parser versions differ")
    asked = parser.parse_args()
    if not asked.diff and not asked.shards:
        parser.error("--shards or --diff is needed")
    asked.out = asked.out.rstrip("/")
    return asked


def parser_version(gongkai):
    """Which parser it is, by its own word: what it says of a file with nothing in it."""
    said = subprocess.run([gongkai, "parse", "--json", "-"], input=b"", stdout=subprocess.PIPE)
    if said.returncode not in (0, 3):
        sys.exit(f"{gongkai} parse fails with status {said.returncode}")
    return json.loads(said.stdout)["parser_version"]


def captures_of(spark, shards):
    """Every capture of every complete shard, in the order in which an import takes them in, and whether it repeats another."""
    root = shards.rstrip("/")
    manifests = spark.read.schema(MANIFEST).json(f"{root}/*/*/*.json", multiLine=True, mode="FAILFAST")
    unknown = manifests.where("form <> 1").count()
    if unknown:
        sys.exit(f"{unknown} manifests are of a form that this program does not know")
    stem = F.regexp_extract("_metadata.file_path", r"^(.*)\.(?:json|cdxj)$", 1)
    manifests = manifests.select(stem.alias("stem"), "first_date", F.col("warc.name").alias("shard"))
    lines = spark.read.text(f"{root}/*/*/*.cdxj").select(
        stem.alias("stem"), F.from_json(F.regexp_extract("value", r"^\S+ \d+ (\{.*\})$", 1), INDEX).alias("line")
    )
    captures = lines.join(manifests, "stem").select(
        "stem", "shard", "first_date", F.col("line.offset").cast("long").alias("offset"), "line.url", "line.urlkey",
        F.col("line.status").cast("int").alias("status"), F.col("line.startedAt").alias("captured_at"), "line.sha256",
        "line.hop", (F.col("line.mime") == "warc/revisit").alias("bodiless"),
    ).fillna({"bodiless": False})
    # The archive's rule: an answer repeats the last good one of its address where it has the same body, or says so with 304.
    before = Window.partitionBy("urlkey").orderBy("first_date", "shard", "offset").rowsBetween(Window.unboundedPreceding, -1)
    last = F.last(F.when(F.col("status").between(200, 299), F.col("sha256")), ignorenulls=True).over(before)
    repeats = last.isNotNull() & ((F.col("status") == 304) | (F.col("sha256") == last))
    following = F.lead("offset").over(Window.partitionBy("stem").orderBy("offset"))
    return captures.withColumn("repeats", repeats).withColumn("following", following)


def read_all(spark, captures, asked, version):
    """Reads what no finished batch has; how many payloads that were."""
    folder = f"{asked.out}/readings/parser_version={version}"
    remove_unfinished(spark, folder)
    once = Window.partitionBy("url", "sha256").orderBy("first_date", "shard", "offset")
    wanted = captures.where("not bodiless and hop <> 'robots'").withColumn("n", F.row_number().over(once)).where("n = 1")
    wanted = wanted.join(readings(spark, asked.out, version).select("url", "sha256"), ["url", "sha256"], "left_anti").cache()
    stems = [row.stem for row in wanted.select("stem", "first_date").distinct().orderBy("first_date", "stem").collect()]
    total = 0
    for begin in range(0, len(stems), asked.batch):
        batch = stems[begin : begin + asked.batch]
        chosen = {}
        for row in wanted.where(F.col("stem").isin(batch)).select("stem", "offset", "following", "url", "sha256").collect():
            chosen.setdefault(row.stem, []).append((row.offset, row.following, row.url, row.sha256))
        rows = spark.createDataFrame(read_shards(spark, chosen, asked.gongkai), READ)
        name = hashlib.sha256("\n".join(batch).encode()).hexdigest()[:16]
        rows.write.option("compression", "zstd").mode("overwrite").parquet(f"{folder}/batch={name}")
        total += sum(len(payloads) for payloads in chosen.values())
    return total


def read_shards(spark, chosen, gongkai):
    """(url, sha256, what the parser said) of the payloads chosen from each shard."""
    told = spark.sparkContext.broadcast(chosen)
    paths = ",".join(f"{stem}.warc.gz" for stem in chosen)
    shards = spark.sparkContext.binaryFiles(paths, minPartitions=len(chosen)).repartition(len(chosen))

    def read(shard):
        path, content = shard
        stem = path.removesuffix(".warc.gz")
        payloads = next(kept for known, kept in told.value.items() if same_path(known, stem))
        missing = {(url, sha256) for _, _, url, sha256 in payloads}
        members = [content[offset:following] for offset, following, _, _ in sorted(payloads, key=lambda one: one[0])]
        for line in piped(gongkai, members):
            reading = json.loads(line)
            key = (reading["source"]["url"], reading["source"]["sha256"])
            if key in missing:
                missing.remove(key)
                # Half of a reading are its links, which are of use to a crawl alone.
                del reading["links"]
                yield (*key, json.dumps(reading, ensure_ascii=False))
        # What the parser says nothing of is not asked again by the same parser.
        for url, sha256 in missing:
            yield (url, sha256, None)

    return shards.flatMap(read)


def same_path(one, other):
    """Hadoop writes file:/a and file:///a for the same."""
    return one.replace(":///", ":/") == other.replace(":///", ":/")


def piped(gongkai, members):
    """The lines that `gongkai parse --warc -` prints for records."""
    program = subprocess.Popen([gongkai, "parse", "--warc", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed():
        try:
            for member in members:
                program.stdin.write(member)
            program.stdin.close()
        except BrokenPipeError:
            pass  # its status says why

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    for line in program.stdout:
        yield line.decode()
    feeder.join()
    status = program.wait()
    # 3: read in part; what could not be read is kept as that.
    if status not in (0, 3):
        raise RuntimeError(f"{gongkai} parse --warc ended with status {status}")


def files(spark, folder):
    """Hadoop's view of a folder, which is the same on a disk and in a bucket."""
    path = spark._jvm.org.apache.hadoop.fs.Path(folder)
    system = path.getFileSystem(spark._jsc.hadoopConfiguration())
    return system, path, [status.getPath() for status in system.listStatus(path)] if system.exists(path) else []


def remove_unfinished(spark, folder):
    system, _, batches = files(spark, folder)
    for batch in batches:
        if not system.exists(spark._jvm.org.apache.hadoop.fs.Path(batch, "_SUCCESS")):
            system.delete(batch, True)


def readings(spark, out, version):
    folder = f"{out}/readings/parser_version={version}"
    if not files(spark, folder)[2]:
        return spark.createDataFrame([], READ)
    return spark.read.schema(READ).parquet(folder).select("url", "sha256", "reading")


def write_dataset(captures, read, folder, version):
    order = [F.col(name) for name in ("first_date", "shard", "offset")]
    reports = (
        captures.where("not repeats and hop <> 'robots'")
        .join(read.withColumn("reading", F.from_json("reading", READING)), ["url", "sha256"])
        .where("reading.report is not null")
        .select("reading.report.*", "reading.page.title", "reading.page.published", "url", "captured_at", "shard", "offset",
                "sha256", F.lit(version).alias("parser_version"), "first_date")
    )
    newest = F.row_number().over(Window.partitionBy("agency", "year").orderBy(*[column.desc() for column in order]))
    stands = F.col("agency").isNull() | F.col("year").isNull() | (newest == 1)
    reports = reports.withColumn("current", stands).drop("first_date").cache()
    of = ["agency", "region", "year", "edition"]
    origin = ["url", "captured_at", "shard", "offset", "sha256", "parser_version", "current"]
    values = reports.select(*of, *origin, F.explode("values").alias("v")).select(
        *of, "v.indicator", "v.applicant", "v.label", "v.series", "v.state",
        F.col("v.value").cast("decimal(38,9)").alias("value"), "v.text", "v.unit",
        F.coalesce("v.suggested", F.lit(False)).alias("suggested"), "v.rule", "v.place.table", "v.place.row",
        "v.place.column", F.col("v.place.bytes")[0].alias("byte_start"), F.col("v.place.bytes")[1].alias("byte_end"), *origin,
    )
    findings = reports.select(*of, *origin, F.explode("findings").alias("f")).select(
        *of, "f.rule", "f.severity", "f.verdict", "f.left", "f.right", "f.detail",
        F.concat_ws(" ", "f.values").alias("values"), "f.fingerprint", *origin,
    )
    for name, table in [("reports", reports.drop("values", "findings")), ("values", values), ("findings", findings)]:
        table.write.option("compression", "zstd").mode("overwrite").parquet(f"{folder}/{name}")


DIFF = """
WITH cells AS (
    SELECT parser_version, agency, year, url, sha256, captured_at, suggested,
           concat_ws('/', indicator, applicant, label, series) AS cell, concat_ws(' ', state, CAST(value AS STRING)) AS reads
    FROM {values} WHERE NOT suggested
)
SELECT coalesce(b.agency, a.agency) AS agency, coalesce(b.year, a.year) AS year, url, sha256, captured_at, cell,
       a.reads AS before, b.reads AS after,
       CASE WHEN a.reads IS NULL THEN 'gained' WHEN b.reads IS NULL THEN 'lost' ELSE 'changed' END AS change
FROM (SELECT * FROM cells WHERE parser_version = {before}) a
FULL OUTER JOIN (SELECT * FROM cells WHERE parser_version = {after}) b USING (url, sha256, captured_at, cell)
WHERE a.reads IS DISTINCT FROM b.reads
ORDER BY agency, year, url, captured_at, cell
"""


def diff(spark, out, before, after):
    """A line of JSON for each cell that one version reads otherwise than another."""
    tables = [spark.read.parquet(f"{out}/dataset/parser_version={version}/values") for version in (before, after)]
    differing = spark.sql(DIFF, values=tables[0].unionByName(tables[1]), before=before, after=after)
    for row in differing.toLocalIterator():
        print(json.dumps(row.asDict(), ensure_ascii=False))


if __name__ == "__main__":
    main()
