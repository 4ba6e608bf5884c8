WITH spent AS (
  SELECT period, category, item, department, SUM(amount_fen) AS amount, SUM(quantity) AS quantity
  FROM ledger GROUP BY 1, 2, 3, 4
), planned AS (
  SELECT period, category, item, department, SUM(amount_fen) AS amount, SUM(quantity) AS quantity
  FROM budget GROUP BY 1, 2, 3, 4
), lines AS (
  SELECT COALESCE(s.amount, 0) - COALESCE(p.amount, 0) AS variance,
         ABS(COALESCE(s.amount, 0) - COALESCE(p.amount, 0)) * 100
           > 10 * ABS(COALESCE(p.amount, 0)) AS flagged,
         (s.amount * 1.0 / NULLIF(s.quantity, 0) - p.amount * 1.0 / NULLIF(p.quantity, 0))
           * p.quantity AS price_effect,
         (s.quantity - p.quantity) * (p.amount * 1.0 / NULLIF(p.quantity, 0)) AS quantity_effect
  FROM spent s FULL JOIN planned p USING (period, category, item, department)
)
SELECT COUNT(*), SUM(CASE WHEN flagged THEN 1 ELSE 0 END), SUM(variance),
       SUM(price_effect), SUM(quantity_effect)
FROM lines
