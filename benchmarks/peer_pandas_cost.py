"""pandas: ledger + budget → variance by month × item, price × quantity, top deviations."""

import json
import sys

import pandas as pd

keys = ["period", "category", "item", "department"]
columns = [*keys, "amount_fen", "quantity"]
actual = pd.read_parquet(f"{sys.argv[1]}/ledger.parquet", columns=columns)
budget = pd.read_parquet(f"{sys.argv[1]}/budget.parquet", columns=columns)
spent = actual.groupby(keys, observed=True)[["amount_fen", "quantity"]].sum()
planned = budget.groupby(keys, observed=True)[["amount_fen", "quantity"]].sum()
lines = spent.join(planned, how="outer", suffixes=("_actual", "_budget")).fillna(0)
lines["variance"] = lines["amount_fen_actual"] - lines["amount_fen_budget"]
lines["flagged"] = lines["variance"].abs() * 100 > 10 * lines["amount_fen_budget"].abs()
price_before = lines["amount_fen_budget"] / lines["quantity_budget"]
price_after = lines["amount_fen_actual"] / lines["quantity_actual"]
lines["price"] = (price_after - price_before) * lines["quantity_budget"]
lines["volume"] = (lines["quantity_actual"] - lines["quantity_budget"]) * price_before
top = lines.reindex(lines["variance"].abs().sort_values(ascending=False).index).head(20)
print(json.dumps({"lines": len(lines), "flagged": int(lines["flagged"].sum()),
                  "variance": int(lines["variance"].sum())}))  # fmt: skip
