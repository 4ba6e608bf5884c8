WITH halves AS (
  SELECT period, category, item, department,
         amount_fen AS spent, quantity AS bought, 0 AS planned, 0 AS wanted FROM ledger
  UNION ALL
  SELECT period, category, item, department, 0, 0, amount_fen, quantity FROM budget
), lines AS (
  SELECT period, category, item, department,
         SUM(spent) AS spent, SUM(bought) AS bought, SUM(planned) AS planned, SUM(wanted) AS wanted
  FROM halves GROUP BY 1, 2, 3, 4
)
SELECT COUNT(*),
       SUM(CASE WHEN ABS(spent - planned) * 100 > 10 * ABS(planned) THEN 1 ELSE 0 END),
       SUM(spent - planned),
       SUM((spent * 1.0 / NULLIF(bought, 0) - planned * 1.0 / NULLIF(wanted, 0)) * wanted),
       SUM((bought - wanted) * (planned * 1.0 / NULLIF(wanted, 0)))
FROM lines
