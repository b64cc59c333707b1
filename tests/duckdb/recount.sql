-- A third way to the headline figures: SQL over the raw rows of a simulated log.
--
-- The table `raw` is the log as it stands, every column a text. Nothing of the program is used: labels,
-- codes and definitions are written out once more. The result is the table `figure`.

-- Rows without a declaration are refused, equal rows are one. Times are local, as the project's months are.
CREATE TABLE event AS
SELECT bayonnoma_raqami AS id,
       hodisa AS label,
       strptime(vaqt, '%d.%m.%Y %H:%M:%S') AS moment,
       koridor, post, yolak, natija,
       CAST(tolangan AS DECIMAL(28, 6)) AS paid
FROM (SELECT DISTINCT * FROM raw WHERE bayonnoma_raqami IS NOT NULL);

CREATE TABLE corridor_name AS SELECT * FROM (VALUES
    ('C1', 'Yallama'), ('C2', 'Keles'), ('C3', 'Oybek'), ('C4', 'Dustlik'), ('C5', 'Jartepa'),
    ('C6', 'Ayritom'), ('C7', 'Alat'), ('C8', 'Dautota'), ('C9', 'Tashkent air and post')
) AS of(code, name);

CREATE TABLE office_name AS SELECT * FROM (VALUES
    ('00102', 'Tashkent-AERO'), ('03001', 'Andijan'), ('06001', 'Bukhara'), ('10001', 'Karshi'),
    ('12001', 'Navoi'), ('14001', 'Namangan'), ('18001', 'Samarkand'), ('22001', 'Termez'),
    ('26001', 'Tashkent-Tovar'), ('26002', 'Chukursay'), ('26003', 'Sergeli'),
    ('26010', 'Tashkent Post'), ('27001', 'Chirchik'), ('27005', 'Angren'), ('30001', 'Fergana'),
    ('30005', 'Kokand'), ('33001', 'Urgench'), ('35001', 'Nukus'), ('03101', 'Dustlik'),
    ('03102', 'Mingtepa'), ('06101', 'Alat'), ('06102', 'Khodjadavlat'), ('18101', 'Jartepa'),
    ('22101', 'Sariosiyo'), ('22102', 'Ayritom'), ('27101', 'Yallama'), ('27102', 'Gisht Koprik'),
    ('27103', 'Keles'), ('27104', 'Oybek'), ('35101', 'Dautota')
) AS of(code, name);

CREATE TABLE lane_name AS SELECT * FROM (VALUES
    ('1', 'green'), ('2', 'yellow'), ('3', 'red'), ('4', 'blue')
) AS of(code, name);

-- The first time of a milestone counts, the last one decides what became of the declaration. The newest
-- value of an attribute counts.
CREATE TABLE declaration AS
WITH folded AS (
    SELECT id,
           min(moment) FILTER (WHERE label = 'Terminalga keldi') AS arrived,
           min(moment) FILTER (WHERE label = 'Deklaratsiya topshirildi') AS lodged,
           min(moment) FILTER (WHERE label = 'Ro''yxatga olindi') AS registered,
           min(moment) FILTER (WHERE label = 'Yo''lak belgilandi') AS lane_selected,
           min(moment) FILTER (WHERE label = 'Ko''rik tugadi') AS inspected,
           min(moment) FILTER (WHERE label = 'Chiqarib yuborildi') AS released,
           min(moment) FILTER (WHERE label = 'Terminaldan chiqdi') AS exited,
           max(moment) FILTER (WHERE label = 'Chiqarib yuborildi') AS released_last,
           max(moment) FILTER (WHERE label = 'Bekor qilindi') AS cancelled_last,
           max(moment) FILTER (WHERE label = 'Rad etildi') AS rejected_last,
           max(moment) FILTER (WHERE label IN ('Deklaratsiya topshirildi', 'Ro''yxatga olindi',
                                     'Chiqarib yuborildi')) AS carried_on_last,
           arg_max(koridor, moment) FILTER (WHERE koridor IS NOT NULL) AS koridor,
           arg_max(post, moment) FILTER (WHERE post IS NOT NULL) AS post,
           arg_max(yolak, moment) FILTER (WHERE yolak IS NOT NULL) AS yolak,
           arg_max(natija, moment) FILTER (WHERE natija IS NOT NULL AND label NOT LIKE 'Keyingi audit%') AS natija
    FROM event GROUP BY id
)
SELECT folded.*,
       -- Cancelled for good, or refused and not lodged again.
       coalesce(cancelled_last >= coalesce(released_last, cancelled_last), false)
           OR coalesce(rejected_last >= coalesce(carried_on_last, rejected_last), false) AS ended,
       coalesce(corridor_name.name, '(missing)') AS corridor,
       coalesce(office_name.name, '(missing)') AS office,
       coalesce(lane_name.name, '(missing)') AS lane
FROM folded
LEFT JOIN corridor_name ON corridor_name.code = koridor
LEFT JOIN office_name ON office_name.code = post
LEFT JOIN lane_name ON lane_name.code = yolak;

-- The cells that a declaration belongs to.
CREATE TABLE cell AS
SELECT id, 'all' AS dimension, 'all' AS member FROM declaration
UNION ALL SELECT id, 'corridor', corridor FROM declaration
UNION ALL SELECT id, 'office', office FROM declaration;

-- Spans in seconds. Release before arrival is no time; another end before its beginning is a fault. What
-- has not ended is open, unless the declaration has ended without release.
CREATE TABLE span AS
WITH bound AS (
    SELECT 'TF01' AS kpi, id, arrived AS began, released AS finished, ended,
           released < arrived AS nil FROM declaration
    UNION ALL SELECT 'TF02', id, lodged, released, ended, released <= arrived FROM declaration
    UNION ALL SELECT 'TF03', id, registered, released, ended, false FROM declaration
    UNION ALL SELECT 'TF04', id, arrived, exited, ended, false FROM declaration
)
SELECT kpi, id, strftime(began, '%Y-%m') AS period,
       CASE WHEN finished IS NULL AND NOT ended THEN 'open'
            WHEN finished IS NULL THEN 'excluded'
            WHEN nil THEN 'span'
            WHEN finished < began THEN 'excluded'
            ELSE 'span' END AS nature,
       CASE WHEN nil THEN 0 ELSE epoch(finished) - epoch(began) END AS seconds
FROM bound WHERE began IS NOT NULL;

CREATE TABLE span_cell AS
SELECT kpi, period, dimension, member,
       count(*) FILTER (WHERE nature = 'span') AS n,
       count(*) FILTER (WHERE nature = 'open') AS n_open,
       count(*) FILTER (WHERE nature = 'excluded') AS n_excluded,
       avg(seconds) FILTER (WHERE nature = 'span') AS mean,
       stddev_samp(seconds) FILTER (WHERE nature = 'span') AS sd,
       min(seconds) FILTER (WHERE nature = 'span') AS min,
       max(seconds) FILTER (WHERE nature = 'span') AS max,
       quantile_cont(seconds, 0.1) FILTER (WHERE nature = 'span') AS p10,
       quantile_cont(seconds, 0.25) FILTER (WHERE nature = 'span') AS p25,
       quantile_cont(seconds, 0.5) FILTER (WHERE nature = 'span') AS median,
       quantile_cont(seconds, 0.75) FILTER (WHERE nature = 'span') AS p75,
       quantile_cont(seconds, 0.9) FILTER (WHERE nature = 'span') AS p90,
       quantile_cont(seconds, 0.95) FILTER (WHERE nature = 'span') AS p95
FROM span JOIN cell USING (id) GROUP BY ALL;

CREATE TABLE figure (
    kpi TEXT, period TEXT, dimension TEXT, member TEXT, statistic TEXT,
    value DOUBLE, n BIGINT, n_open BIGINT, n_excluded BIGINT
);

INSERT INTO figure
SELECT kpi, period, dimension, member, one.statistic, one.value, n, n_open, n_excluded
FROM span_cell, LATERAL (VALUES
    ('mean', mean), ('sd', sd), ('min', min), ('max', max), ('p10', p10), ('p25', p25),
    ('median', median), ('p75', p75), ('p90', p90), ('p95', p95)
) AS one(statistic, value);

-- Shares of declarations.
INSERT INTO figure
SELECT 'RM02', strftime(registered, '%Y-%m') AS period, dimension, member, 'value',
       count(inspected) / count(*), count(*), 0, 0
FROM declaration JOIN cell USING (id) WHERE registered IS NOT NULL GROUP BY period, dimension, member;

INSERT INTO figure
SELECT 'RM04', strftime(inspected, '%Y-%m') AS period, dimension, member, 'value',
       count(*) FILTER (WHERE natija = '1') / count(*), count(*), 0, 0
FROM declaration JOIN cell USING (id) WHERE inspected IS NOT NULL GROUP BY period, dimension, member;

INSERT INTO figure
SELECT 'RM01', strftime(lane_selected, '%Y-%m') AS period, 'lane', lane, 'value',
       count(*) / sum(count(*)) OVER (PARTITION BY strftime(lane_selected, '%Y-%m')), count(*), 0, 0
FROM declaration WHERE lane_selected IS NOT NULL GROUP BY period, lane;

-- Money, exact: sums of decimals.
CREATE TABLE revenue AS
SELECT strftime(moment, '%Y-%m') AS period, dimension, member, sum(paid) AS paid, count(*) AS n
FROM event JOIN cell USING (id) WHERE paid IS NOT NULL GROUP BY ALL;

INSERT INTO figure
SELECT 'RV01', period, dimension, member, 'value', paid, n, 0, 0 FROM revenue;

INSERT INTO figure
SELECT 'RV03', period, part.dimension, part.member, 'value',
       CAST(part.paid AS DOUBLE) / CAST(whole.paid AS DOUBLE), part.n, 0, 0
FROM revenue AS part JOIN revenue AS whole USING (period)
WHERE whole.dimension = 'all' AND part.dimension <> 'all';

-- The backlog at the end of each month: registered, and neither released, cancelled nor refused between
-- its registration and then.
INSERT INTO figure
WITH month AS (
    SELECT DISTINCT date_trunc('month', moment) AS start FROM event
)
SELECT 'TF30', strftime(start, '%Y-%m') AS period, dimension, member, 'value', count(*), count(*), count(*), 0
FROM month, declaration JOIN cell USING (id)
WHERE registered < start + INTERVAL 1 MONTH
  AND NOT EXISTS (
      FROM event
      WHERE event.id = declaration.id
        AND label IN ('Chiqarib yuborildi', 'Bekor qilindi', 'Rad etildi')
        AND moment >= registered AND moment < start + INTERVAL 1 MONTH
  )
GROUP BY start, dimension, member;
