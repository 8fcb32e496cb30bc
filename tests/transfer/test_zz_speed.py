import time, collections, os
def test_speed(crm, dialect):
    from mycrm_cli.db import connect
    T=collections.Counter(); N=collections.Counter()
    o=connect.Connection.execute; om=connect.Connection.executemany
    def ex(self,sql,params=()):
        t=time.perf_counter(); r=o(self,sql,params); T[sql[:110]]+=time.perf_counter()-t; N[sql[:110]]+=1; return r
    def exm(self,sql,params=()):
        t=time.perf_counter(); r=om(self,sql,params); T[sql[:110]]+=time.perf_counter()-t; N[sql[:110]]+=1; return r
    connect.Connection.execute=ex
    connect.Connection.executemany=exm
    try:
      for _ in range(2):
        T.clear(); N.clear()
        t=time.time(); r=crm.json("contact","import",f"/tmp/transfer_work/c{os.environ.get('NN','10000')}.csv"); print(dialect, r["created"], r["unchanged"], round(time.time()-t,1))
        for k,v in T.most_common(6): print(f"{v:.3f} {N[k]} {k}")
    finally:
      connect.Connection.execute=o
      connect.Connection.executemany=om
